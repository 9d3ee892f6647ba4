import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { medianInterval } from "../../../perf/stats/bootstrap.ts";
import { logRatios, median, robustSpread } from "../../../perf/stats/median.ts";
import { normalQuantile, normalShare } from "../../../perf/stats/normal.ts";
import { randomFrom, shuffle } from "../../../perf/stats/random.ts";
import { quantile, sampleOf } from "../../../perf/stats/sample.ts";

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

/** Standard normal, by the sum of twelve. */
function normals(count: number, seed: number): number[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => Array.from({ length: 12 }, random).reduce((a, b) => a + b) - 6);
}

describe("medians and quantiles", () => {
  test("half of the values lie on each side of the median", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), values => {
        const middle = median(values);
        expect(values.filter(value => value < middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter(value => value > middle).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  test("known values", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile([10, 20, 30, 40, 50], 0.9)).toBe(46);
    expect(sampleOf([5, 1, 3])).toEqual({ median: 3, low: 1, high: 5, count: 3 });
    expect(() => median([])).toThrow(RangeError);
  });

  test("log ratios: twice and half cancel", () => {
    expect(median(logRatios([1, 1], [2, 0.5]))).toBeCloseTo(0, 12);
    expect(Math.exp(median(logRatios([10, 10, 10], [11, 11, 30])))).toBeCloseTo(1.1, 12);
    expect(() => logRatios([1], [])).toThrow(RangeError);
  });

  test("the robust spread is the deviation of normal values, whatever lies far out", () => {
    expect(robustSpread(normals(10_000, 1))).toBeWithin(0.97, 1.03);
    expect(robustSpread([...normals(10_000, 1), ...new Array(100).fill(1e9)])).toBeWithin(0.97, 1.06);
  });
});

describe("the normal distribution", () => {
  test("known values", () => {
    expect(normalShare(1.959963984540054)).toBeCloseTo(0.975, 14);
    expect(normalShare(-3)).toBeCloseTo(0.0013498980316301035, 15);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 10);
    expect(normalQuantile(0.8)).toBeCloseTo(0.8416212335729143, 10);
    expect(() => normalQuantile(1)).toThrow(RangeError);
    expect(() => normalShare(Number.NaN)).toThrow(RangeError);
  });
});

describe("the bootstrap", () => {
  test("refuses what has no interval", () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => medianInterval([1, wrong])).toThrow(`the interval of a median: value 1 of 2 is ${wrong}`);
    expect(() => medianInterval([])).toThrow(RangeError);
  });

  test("is the same for the same seed", () => {
    const values = normals(20, 3);
    expect(medianInterval(values)).toEqual(medianInterval(values));
    const few = (seed: number) => medianInterval(values, { draws: 15, random: randomFrom(seed) });
    expect(few(1)).not.toEqual(few(2));
  });

  test("lies within the values and around their median", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 20 }), values => {
        const { low, high } = medianInterval(values, { draws: 100 });
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(Math.min(...values));
        expect(high).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });

  test("holds the truth as often as it says", () => {
    let held = 0;
    for (let seed = 0; seed < 300; seed++) {
      const { low, high } = medianInterval(normals(25, seed), { draws: 300, random: randomFrom(seed) });
      if (low <= 0 && high >= 0) held++;
    }
    expect(held / 300).toBeWithin(0.9, 0.99);
  });
});

test("a shuffle has all that it was given, in every order alike", () => {
  const random = randomFrom(5);
  const seen = new Map<string, number>();
  for (let i = 0; i < 6_000; i++) {
    const key = shuffle([1, 2, 3], random).join("");
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  expect(seen.size).toBe(6);
  for (const count of seen.values()) expect(count).toBeWithin(880, 1_120);
});
