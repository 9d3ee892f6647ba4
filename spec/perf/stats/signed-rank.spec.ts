import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { fewestForSignedRank, mostSignedRank, signedRank } from "../../../perf/stats/signed-rank.ts";

/** Every choice of signs, one by one. */
function byCounting(differences: number[]): number {
  const signed = differences.filter(value => value !== 0);
  if (signed.length === 0) return 1;
  const sizes = signed.map(Math.abs);
  const ranks = sizes.map(size => {
    const below = sizes.filter(other => other < size).length;
    const same = sizes.filter(other => other === size).length;
    return below + (same + 1) / 2;
  });
  const sumOf = (positive: (i: number) => boolean) => ranks.reduce((sum, rank, i) => sum + (positive(i) ? rank : 0), 0);
  const total = ranks.reduce((a, b) => a + b);
  const seen = sumOf(i => signed[i]! > 0);
  const least = Math.min(seen, total - seen);
  let asFar = 0;
  for (let signs = 0; signs < 2 ** ranks.length; signs++) if (sumOf(i => ((signs >> i) & 1) === 1) <= least) asFar++;
  return Math.min(1, (2 * asFar) / 2 ** ranks.length);
}

describe("the signed-rank test", () => {
  test("is what counting every choice of signs gives, ties and zeros included", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -6, max: 6 }), { maxLength: 11 }), differences => {
        expect(signedRank(differences)).toBeCloseTo(byCounting(differences), 12);
      }),
    );
  });

  test("gives the values of the printed tables", () => {
    // n = 10, the smaller sum of ranks 8: two-sided 0.048828125; n = 6, all one-sided: 2/64.
    expect(signedRank([-1, 2, 3, 4, 5, 6, -7, 8, 9, 10])).toBeCloseTo(0.048828125, 12);
    expect(signedRank([1, 2, 3, 4, 5, 6])).toBe(0.03125);
    expect([1, 0.05, 0.03125, 0.03].map(fewestForSignedRank)).toEqual([1, 6, 6, 7]);
    // n = 6: 2 at 10%, 0 at 5%; n = 20: 52 at 5%.
    expect([mostSignedRank(5, 0.05), mostSignedRank(6, 0.05), mostSignedRank(6, 0.1)]).toEqual([-1, 0, 2]);
    expect(mostSignedRank(20, 0.05)).toBe(52);
  });

  test("doesn't care for scale or direction", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 40 }), differences => {
        expect(signedRank(differences.map(value => -value))).toBe(signedRank(differences));
        expect(signedRank(differences.map(value => value * 4))).toBe(signedRank(differences));
      }),
    );
  });

  test("refuses what has no rank, and says which", () => {
    expect(() => signedRank([1, Number.NaN, 2])).toThrow(new RangeError("the signed-rank test: value 1 of 3 is NaN"));
    expect(() => signedRank([1, Number.POSITIVE_INFINITY])).toThrow(RangeError);
  });

  test("where it becomes normal it goes on as before", () => {
    const differences = (n: number) => Array.from({ length: n }, (_, i) => (i % 20 < 11 ? 1 : -1) * (i + 1));
    expect(signedRank(differences(301)) / signedRank(differences(299))).toBeWithin(0.8, 1.25);
  });
});
