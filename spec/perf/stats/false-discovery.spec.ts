import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { falseDiscovery } from "../../../perf/stats/false-discovery.ts";

/** The step-up rule as the paper has it: the largest k whose p is at most k/m times q, and all below it. */
function rejected(ps: number[], q: number): boolean[] {
  const sorted = [...ps].sort((a, b) => a - b);
  let bound = -1;
  sorted.forEach((p, i) => {
    if (p * ps.length <= q * (i + 1)) bound = p;
  });
  return ps.map(p => p <= bound);
}

describe("Benjamini and Hochberg", () => {
  test("is the step-up rule at every level", () => {
    const level = fc.integer({ min: 0, max: 64 }).map(value => value / 64);
    fc.assert(
      fc.property(fc.array(level, { maxLength: 12 }), level, (ps, q) => {
        // A level of 1 rejects all, which no one asks for.
        fc.pre(q < 1);
        expect(falseDiscovery(ps).map(p => p <= q + 1e-12)).toEqual(rejected(ps, q + 1e-12));
      }),
    );
  });

  test("the values that R's p.adjust gives", () => {
    const found = falseDiscovery([0.01, 0.02, 0.03, 0.04, 0.05]);
    for (const p of found) expect(p).toBeCloseTo(0.05, 12);
    const mixed = falseDiscovery([0.5, 0.001, 0.04, 0.01]);
    [0.5, 0.004, 0.0533333333333, 0.02].forEach((p, i) => {
      expect(mixed[i]).toBeCloseTo(p, 10);
    });
    expect(falseDiscovery([])).toEqual([]);
  });
});
