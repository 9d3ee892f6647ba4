import { describe, expect, test } from "bun:test";
import { smallestDetectable } from "../../../perf/stats/detectable.ts";
import { randomFrom } from "../../../perf/stats/random.ts";
import { signedRank } from "../../../perf/stats/signed-rank.ts";

describe("the smallest change that could have been seen", () => {
  const normal = (random: () => number) => Array.from({ length: 12 }, random).reduce((a, b) => a + b) - 6;

  test("is seen in four looks of five", () => {
    const random = randomFrom(11);
    let foreseen = 0;
    const looks = 400;
    for (let i = 0; i < looks; i++) {
      foreseen += Math.log1p(smallestDetectable(Array.from({ length: 20 }, () => 0.02 * normal(random))));
    }
    let seen = 0;
    for (let i = 0; i < looks; i++) {
      if (signedRank(Array.from({ length: 20 }, () => foreseen / looks + 0.02 * normal(random))) <= 0.05) seen++;
    }
    expect(seen / looks).toBeWithin(0.73, 0.87);
  });

  test("too few pairs can show nothing", () => {
    expect(smallestDetectable([0.1, 0.2, 0.3, 0.4, 0.5])).toBe(Number.POSITIVE_INFINITY);
    expect(smallestDetectable([])).toBe(Number.POSITIVE_INFINITY);
    expect(smallestDetectable([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])).toBeFinite();
  });

  test("more pairs, or quieter ones, show less", () => {
    const ratios = Array.from({ length: 10 }, (_, i) => (i - 4.5) / 100);
    expect(smallestDetectable([...ratios, ...ratios])).toBeLessThan(smallestDetectable(ratios));
    expect(smallestDetectable(ratios.map(ratio => ratio / 2))).toBeLessThan(smallestDetectable(ratios));
  });
});
