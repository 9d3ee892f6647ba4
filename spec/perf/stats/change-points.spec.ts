import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bestSplit, changePoints } from "../../../perf/stats/change-points.ts";
import { randomFrom } from "../../../perf/stats/random.ts";

/** The energy distance by its definition, at every split. */
function bySumming(values: number[], least: number) {
  const mean = (of: number[], with_: number[], pairs: number) =>
    pairs === 0 ? 0 : of.reduce((sum, a) => sum + with_.reduce((inner, b) => inner + Math.abs(a - b), 0), 0) / pairs;
  let best: { at: number; distance: number } | undefined;
  for (let at = least; at <= values.length - least; at++) {
    const [x, y] = [values.slice(0, at), values.slice(at)];
    const [m, n] = [x.length, y.length];
    const energy = 2 * mean(x, y, m * n) - mean(x, x, m * (m - 1)) - mean(y, y, n * (n - 1));
    const distance = ((m * n) / (m + n)) * energy;
    if (best === undefined || distance > best.distance + 1e-9) best = { at, distance };
  }
  return best;
}

function levels(spec: [count: number, level: number][], seed: number): number[] {
  const random = randomFrom(seed);
  return spec.flatMap(([count, level]) => Array.from({ length: count }, () => level * (0.97 + 0.06 * random())));
}

describe("change points", () => {
  test("the best split is the one that the definition gives", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 14 }),
        fc.integer({ min: 1, max: 4 }),
        (values, least) => {
          const [mine, theirs] = [bestSplit(values, least), bySumming(values, least)];
          expect(mine === undefined).toBe(theirs === undefined);
          if (mine !== undefined) expect(mine.distance).toBeCloseTo(theirs!.distance, 8);
        },
      ),
    );
  });

  test("a level that shifts by a tenth is found where it does", () => {
    const found = changePoints(
      levels(
        [
          [15, 100],
          [12, 110],
          [20, 100],
        ],
        1,
      ),
    );
    expect(found.map(({ at }) => at)).toEqual([15, 27]);
    for (const { p } of found) expect(p).toBeLessThanOrEqual(0.01);
  });

  test("where nothing changes nothing is found, but by chance", () => {
    let alarms = 0;
    for (let seed = 0; seed < 40; seed++) {
      alarms += changePoints(levels([[30, 100]], seed), { shuffles: 199, random: randomFrom(seed) }).length;
    }
    expect(alarms).toBeLessThanOrEqual(3);
  });

  test("of twelve values a clean step with four on either side is found in nineteen of twenty", () => {
    for (const before of [4, 6]) {
      let found = 0;
      for (let seed = 0; seed < 60; seed++) {
        const spec: [number, number][] = [
          [before, 100],
          [12 - before, 120],
        ];
        const points = changePoints(levels(spec, seed), { random: randomFrom(seed) });
        if (points.length === 1 && points[0]!.at === before) found++;
      }
      expect(found).toBeGreaterThanOrEqual(57);
    }
  });

  test("one that lies far out is no new level", () => {
    const values = levels([[30, 100]], 4);
    values[14] = 300;
    expect(changePoints(values)).toEqual([]);
  });

  test("what is no number has none, and is named", () => {
    expect(() => changePoints([...Array(9).fill(1), Number.NaN])).toThrow("change points: value 9 of 10 is NaN");
  });

  test("too few values have none", () => {
    for (let count = 0; count < 6; count++) expect(changePoints([1, 1, 1, 9, 9].slice(0, count))).toEqual([]);
  });
});
