import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { USUAL_BUDGET } from "../../../perf/compare/comparison.ts";
import { machineName } from "../../../perf/compare/machine.ts";
import { addNoise, noiseOf, readNoise } from "../../../perf/compare/noise.ts";
import { noiseLevel } from "../../../perf/compare/noise-level.ts";
import type { Pair } from "../../../perf/compare/pair.ts";
import { coresOf } from "../../../perf/compare/pin.ts";
import { isUsual, mayAlarm } from "../../../perf/compare/self-test.ts";
import { judge, leastPairs } from "../../../perf/compare/verdict.ts";
import { keptFile } from "../../../perf/run/kept.ts";
import { randomFrom } from "../../../perf/stats/random.ts";

/** Pairs whose second side is as much slower as `change`, give or take `spread`. */
function pairsOf(change: number, spread: number, count: number, seed = 1): Pair[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => {
    const ratio = Math.log1p(change) + spread * (random() + random() - 1);
    return { baseNs: 100, ns: 100 * Math.exp(ratio), ratio };
  });
}

function verdictOf(pairs: Pair[], noise = 0, beside: Pair[][] = []) {
  const evidence = new Map([["it", pairs], ...beside.map((other, i) => [`other ${i}`, other] as const)]);
  return judge(evidence, { alpha: 0.05, noiseOf: () => noise })[0]!;
}

describe("verdicts", () => {
  test("a tenth slower, a tenth faster, the same", () => {
    expect(verdictOf(pairsOf(0.1, 0.02, 10)).verdict).toBe("regressed");
    expect(verdictOf(pairsOf(-0.1, 0.02, 10)).verdict).toBe("improved");
    expect(verdictOf(pairsOf(0, 0.02, 10)).verdict).toBe("same");
  });

  test("a change that is certain but within the band is none", () => {
    const found = verdictOf(pairsOf(0.015, 0.005, 20));
    expect(found.q).toBeLessThan(0.001);
    expect(found.low).toBeGreaterThan(0);
    expect(found.verdict).toBe("same");
  });

  test("the band is the probe's own noise where that is more", () => {
    expect(verdictOf(pairsOf(0.1, 0.02, 10), 0.15)).toMatchObject({ verdict: "same", band: 0.15 });
    expect(verdictOf(pairsOf(0.1, 0.02, 10), 0.01)).toMatchObject({ verdict: "regressed", band: 0.03 });
  });

  test("noise leaves it unsure, and says how little could be seen", () => {
    const found = verdictOf(pairsOf(0.02, 0.4, 10));
    expect(found.verdict).toBe("unsure");
    expect(found.detectable!).toBeGreaterThan(0.1);
  });

  for (const [pairs, probes, spread] of [
    [10, 1, 0.02],
    [10, 4, 0.1],
    [13, 47, 0.05],
    [20, 47, 0.1],
  ] as const) {
    test(`what ${pairs} pairs say they could see is found nine times in ten, one of ${probes}`, () => {
      const random = randomFrom(pairs * probes);
      const normal = () => Array.from({ length: 12 }, random).reduce((a, b) => a + b) - 6;
      const look = (change: number) => {
        const ratios = Array.from({ length: pairs }, () => change + spread * normal());
        const seen = ratios.map(ratio => ({ baseNs: 100, ns: 100 * Math.exp(ratio), ratio }));
        // As the least p of all has to pass that is looked at.
        return judge(new Map([["it", seen]]), { alpha: 0.05 / 3 / probes, noiseOf: () => 0 })[0]!;
      };
      let foreseen = 0;
      for (let i = 0; i < 150; i++) foreseen += Math.log1p(look(0).detectable!) / 150;
      let called = 0;
      for (let i = 0; i < 200; i++) if (look(foreseen).verdict === "regressed") called++;
      expect(called / 200).toBeWithin(0.8, 0.97);
    }, 60_000);
  }

  test("what could be seen is more when more is looked at, and nothing when no p is small enough", () => {
    const others = Array.from({ length: 46 }, (_, i) => pairsOf(0, 0.02, 13, i + 2));
    const pairs = pairsOf(0, 0.02, 13);
    const alone = judge(new Map([["it", pairs]]), { alpha: 0.05 / 47, noiseOf: () => 0 })[0]!;
    expect(verdictOf(pairs, 0, others).detectable).toBe(alone.detectable);
    expect(verdictOf(pairs).detectable!).toBeLessThan(alone.detectable!);
    expect(verdictOf(pairsOf(0.5, 0.02, 10), 0, others)).toMatchObject({ verdict: "unsure", detectable: null });
    expect([leastPairs(0.05, 1), leastPairs(0.05, 47), leastPairs(0.05 / 3, 47)]).toEqual([6, 11, 13]);
  });

  test("what could be seen is never less than the band, were all pairs alike", () => {
    const alike = new Array(10).fill({ baseNs: 100, ns: 100, ratio: 0 });
    expect(verdictOf(alike).detectable).toBeCloseTo(0.03, 12);
    expect(verdictOf(alike, 0.08).detectable).toBeCloseTo(0.08, 12);
  });

  test("too few pairs are unsure whatever they say", () => {
    for (let count = 1; count < 6; count++) {
      expect(verdictOf(pairsOf(0.5, 0.01, count))).toMatchObject({ verdict: "unsure", detectable: null });
    }
  });

  test("what one probe alone would be called is not, when many are looked at", () => {
    const others = Array.from({ length: 60 }, (_, i) => pairsOf(0, 0.02, 8, i + 2));
    expect(verdictOf(pairsOf(0.1, 0.02, 8)).verdict).toBe("regressed");
    expect(verdictOf(pairsOf(0.1, 0.02, 8), 0, others).verdict).toBe("unsure");
    expect(verdictOf(pairsOf(0.1, 0.02, 20), 0, others).verdict).toBe("regressed");
  });

  test("the same code raises hardly an alarm in 400 looks", () => {
    let alarms = 0;
    for (let seed = 0; seed < 400; seed++) {
      const { verdict } = verdictOf(pairsOf(0, 0.1, 8, seed));
      if (verdict === "regressed" || verdict === "improved") alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(20);
  });

  test("a probe without pairs gets no verdict", () => {
    expect(judge(new Map([["it", []]]), { alpha: 0.05, noiseOf: () => 0 })).toEqual([]);
  });

  test("one alarm in twenty runs may be chance", () => {
    expect([1, 19, 20, 40].map(mayAlarm)).toEqual([0, 0, 1, 2]);
  });
});

describe("noise", () => {
  test("is what nineteen in twenty lie within, of this machine alone", () => {
    const folder = mkdtempSync(join(tmpdir(), "plasmid-noise-"));
    try {
      process.env.PLASMID_PERF_KEPT = join(folder, "deep");
      for (let i = 0; i < 4; i++) addNoise(new Map([["peek", 0.01 * (i % 2 ? 1 : -1)]]));
      expect(noiseOf(readNoise(), "peek")).toBe(0);
      addNoise(new Map([["peek", -0.05]]));
      expect(noiseOf(readNoise(), "peek")).toBeWithin(0.03, 0.05);
      expect(noiseOf(readNoise(), "put")).toBe(0);
      expect(noiseLevel(readNoise().changes.peek!, 0.95)).toBe(noiseOf(readNoise(), "peek"));
      expect(Date.parse(readNoise().changes.peek![0]!.at)).toBeWithin(Date.now() - 60_000, Date.now() + 1);
      for (let i = 0; i < 80; i++) addNoise(new Map([["peek", 0.02]]));
      expect(readNoise().changes.peek).toHaveLength(60);
      writeFileSync(
        keptFile("noise.json"),
        JSON.stringify({ ...readNoise(), machine: readNoise().machine.replace(/Linux .*/, "Linux 7.1.0-later") }),
      );
      expect(noiseOf(readNoise(), "peek")).toBe(0.02);
      writeFileSync(keptFile("noise.json"), JSON.stringify({ ...readNoise(), machine: "another" }));
      expect(noiseOf(readNoise(), "peek")).toBe(0);
      // As it was written before each had its date.
      const undated = { machine: machineName(), changes: { peek: [9, 9, 9, 9, 9, 9] } };
      writeFileSync(keptFile("noise.json"), JSON.stringify(undated));
      expect(noiseOf(readNoise(), "peek")).toBe(0);
    } finally {
      delete process.env.PLASMID_PERF_KEPT;
      rmSync(folder, { recursive: true });
    }
  });
});

test("only pairs as many and as long as usual say what the noise of comparisons is", () => {
  expect(isUsual({ pairs: 10, budget: USUAL_BUDGET })).toBe(true);
  expect(isUsual({ pairs: 11, budget: { ...USUAL_BUDGET } })).toBe(true);
  expect(isUsual({ pairs: 9, budget: USUAL_BUDGET })).toBe(false);
  expect(isUsual({ pairs: 10, budget: { ...USUAL_BUDGET, slices: 4 } })).toBe(false);
});

test("the cores that a process may use", () => {
  expect(coresOf("Name:\tbun\nCpus_allowed_list:\t0-2,5\nMems: 0")).toEqual([0, 1, 2, 5]);
  expect(coresOf("Cpus_allowed_list:\t3")).toEqual([3]);
  expect(coresOf("")).toEqual([]);
});
