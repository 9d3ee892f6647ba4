import { describe, expect, test } from "bun:test";
import { smallestDetectable } from "../../../perf/stats/detectable.ts";
import { randomFrom } from "../../../perf/stats/random.ts";

describe("the smallest change that could have been seen", () => {
  const ratios = Array.from({ length: 10 }, (_, i) => (i - 4.5) / 100);

  test("too few pairs can show nothing, and fewer than it takes among many", () => {
    expect(smallestDetectable([0.1, 0.2, 0.3, 0.4, 0.5], { alpha: 0.05 })).toBe(Number.POSITIVE_INFINITY);
    expect(smallestDetectable([], { alpha: 0.05 })).toBe(Number.POSITIVE_INFINITY);
    expect(smallestDetectable([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], { alpha: 0.05 })).toBeFinite();
    // 2 in 1,024 orders of signs are all on one side.
    expect(smallestDetectable(ratios, { alpha: 2 / 1024 })).toBeFinite();
    expect(smallestDetectable(ratios, { alpha: 1.9 / 1024 })).toBe(Number.POSITIVE_INFINITY);
  });

  test("more pairs, quieter ones, fewer others, or a narrower band, show less", () => {
    const found = smallestDetectable(ratios, { alpha: 0.01, band: 0.01 });
    expect(smallestDetectable([...ratios, ...ratios], { alpha: 0.01, band: 0.01 })).toBeLessThan(found);
    expect(
      smallestDetectable(
        ratios.map(ratio => ratio / 2),
        { alpha: 0.01, band: 0.01 },
      ),
    ).toBeLessThan(found);
    expect(smallestDetectable(ratios, { alpha: 0.05, band: 0.01 })).toBeLessThan(found);
    expect(smallestDetectable(ratios, { alpha: 0.01, band: 0.05 })).toBeGreaterThan(found);
  });

  test("it is never less than the band, also where most pairs say the same", () => {
    const same = [...new Array(7).fill(0), 0.2, 0.2, -0.2];
    expect(smallestDetectable(new Array(10).fill(0), { alpha: 0.05, band: 0.03 })).toBeCloseTo(Math.expm1(0.03), 12);
    expect(smallestDetectable(same, { alpha: 0.05, band: 0.03 })).toBeGreaterThan(0.06);
  });

  test("of many pairs it falls with the root of their number", () => {
    const random = randomFrom(1);
    const many = Array.from({ length: 1_000 }, () => random() - 0.5);
    const of = (count: number) => smallestDetectable(many.slice(0, count), { alpha: 0.01 });
    expect(of(200) / of(50)).toBeWithin(0.4, 0.6);
    expect(of(1_000) / of(250)).toBeWithin(0.4, 0.6);
  });
});
