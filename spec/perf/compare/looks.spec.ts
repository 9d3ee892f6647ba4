import { describe, expect, test } from "bun:test";
import { inLooks, looksOf } from "../../../perf/compare/looks.ts";
import type { Pair } from "../../../perf/compare/pair.ts";
import { type Random, randomFrom } from "../../../perf/stats/random.ts";

const QUIET = { noiseOf: () => 0 };
const NAMES = Array.from({ length: 47 }, (_, i) => `probe ${i}`);

function pairOf(change: number, spread: number, random: Random): Pair {
  const ratio = Math.log1p(change) + spread * (random() + random() - 1);
  return { baseNs: 100, ns: 100 * Math.exp(ratio), ratio };
}

/** Runs pairs as they are drawn, and notes who got them. */
function runner(probes: readonly string[], draw: (probe: string, at: number) => Pair) {
  const evidence = new Map<string, Pair[]>(probes.map(probe => [probe, []]));
  const asked: [count: number, until: number][] = [];
  return {
    asked,
    async run(left: readonly string[], until: number) {
      asked.push([left.length, until]);
      for (const probe of left) {
        const pairs = evidence.get(probe)!;
        while (pairs.length < until) pairs.push(draw(probe, pairs.length));
      }
      return evidence;
    },
  };
}

describe("looks at more and more pairs", () => {
  test("find a large change of one probe alone among all, and only who is in doubt gets more pairs", async () => {
    const random = randomFrom(1);
    const { run, asked } = runner(NAMES, probe => pairOf(probe === "probe 7" ? 0.5 : 0, 0.01, random));
    const found = await inLooks({ probes: NAMES, pairs: 10, most: 30, ...QUIET }, run);
    expect(found.filter(({ verdict }) => verdict !== "same").map(({ probe, verdict }) => [probe, verdict])).toEqual([
      ["probe 7", "regressed"],
    ]);
    expect(asked).toEqual([
      [47, 10],
      [1, 20],
      // Asked again.
      [1, 30],
    ]);
  });

  test("come as early as a lone change can be found, and once where there can be no more pairs", () => {
    expect(looksOf(10, 30, 47)).toEqual([10, 20, 30]);
    expect(looksOf(10, 14, 47)).toEqual([10, 13, 14]);
    expect(looksOf(10, 14, 1)).toEqual([10, 12, 14]);
    expect(looksOf(10, 13, 47)).toEqual([10, 13]);
    expect(looksOf(10, 10, 47)).toEqual([10]);
  });

  test("what was decided at a look stays so, whatever others turn out to be later", async () => {
    // Nine pairs of ten say that probe 0 is slower, which is enough while 20 others seem to be; these turn out to be the same.
    const probes = NAMES.slice(0, 40);
    const random = randomFrom(3);
    const { run, asked } = runner(probes, (probe, at) => {
      const i = Number(probe.slice("probe ".length));
      if (i === 0) return pairOf(at === 9 ? -0.01 : 0.2, 0.001, random);
      if (i > 20) return pairOf(0, 0.001, random);
      return at < 10
        ? pairOf(at % 2 === 0 ? 0.01 : 0.045, 0.001, random)
        : pairOf(at % 2 === 0 ? 0.01 : -0.04, 0.001, random);
    });
    const found = await inLooks({ probes, pairs: 10, most: 30, ...QUIET }, run);
    expect(asked.slice(1, 3)).toEqual([
      [1, 20],
      [20, 20],
    ]);
    expect(found[0]).toMatchObject({ probe: "probe 0", verdict: "regressed", pairs: 20 });
    expect(found.filter(({ verdict }) => verdict === "regressed")).toHaveLength(1);
  });

  test("what the first pairs say and fresh ones don't is no change", async () => {
    const random = randomFrom(5);
    for (const most of [10, 30]) {
      const { run, asked } = runner(["it"], (_, at) => pairOf(at < 10 ? 0.1 : 0, 0.02, random));
      const [found] = await inLooks({ probes: ["it"], pairs: 10, most, ...QUIET }, run);
      expect(["same", "unsure"]).toContain(found!.verdict);
      expect(asked[1]).toEqual([1, 20]);
    }
  });

  test("one who is asked again and broken off is unsure", async () => {
    const controller = new AbortController();
    const random = randomFrom(6);
    const { run } = runner(["it"], () => pairOf(0.1, 0.02, random));
    const stopping = async (left: readonly string[], until: number) => {
      if (until === 10) return await run(left, until);
      controller.abort();
      return await run([], until);
    };
    const [found] = await inLooks(
      { probes: ["it"], pairs: 10, most: 10, signal: controller.signal, ...QUIET },
      stopping,
    );
    expect(found).toMatchObject({ verdict: "unsure", pairs: 10 });
  });

  test("raise hardly an alarm where nothing has changed", async () => {
    let alarms = 0;
    for (let seed = 0; seed < 200; seed++) {
      const random = randomFrom(seed);
      const probes = NAMES.slice(0, 3);
      const { run } = runner(probes, () => pairOf(0, 0.2, random));
      const found = await inLooks({ probes, pairs: 8, most: 20, ...QUIET }, run);
      if (found.some(({ verdict }) => verdict === "regressed" || verdict === "improved")) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(2);
  }, 30_000);

  test("broken off, they judge what there is", async () => {
    const controller = new AbortController();
    const random = randomFrom(1);
    const { run } = runner(NAMES, () => pairOf(0, 0.5, random));
    const found = await inLooks(
      { probes: NAMES, pairs: 6, most: 30, signal: controller.signal, ...QUIET },
      (left, n) => {
        if (n > 6) controller.abort();
        return run(left, n);
      },
    );
    expect(found.map(({ pairs }) => pairs)).toEqual(new Array(47).fill(18));
  });
});
