import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { machineName } from "../../../perf/compare/machine.ts";
import type { Judgement, Verdict } from "../../../perf/compare/verdict.ts";
import type { HistoryLine } from "../../../perf/history/line.ts";
import type { RecordedRow } from "../../../perf/history/recording.ts";
import { Histogram } from "../../../perf/stats/histogram.ts";
import { randomFrom } from "../../../perf/stats/random.ts";
import { exactly } from "../../../perf/stats/sample.ts";

const SETTING = {
  at: "2026-11-22T10:30:00.000Z",
  revision: "1234567890abcdef1234567890abcdef12345678",
  dirty: false,
  machine: "a machine </script> of nobody's",
  bun: "1.4.5",
  compiler: "cc 12",
  load: [0, 0, 0],
};

/** What some of the planted benches were measured in. */
const EARLIER = { ...SETTING, at: "2026-11-20T07:45:00.000Z", machine: "an older machine </script>" };

/** A revision of the planted history. */
export const revisionOf = (i: number) => i.toString(16).padStart(2, "0").repeat(20);

/** A history of two probes: `peek` gets a fifth slower at its 13th line, `put` stays as it is. */
export function plantedHistory(): HistoryLine[] {
  const random = randomFrom(3);
  return Array.from({ length: 24 }, (_, i) =>
    ["peek", "put"].map(probe => {
      const ratio = (probe === "peek" && i >= 12 ? 1.2 : 1) * (0.98 + 0.04 * random());
      return {
        ...SETTING,
        schema: 1,
        artifact: "0".repeat(16),
        revision: revisionOf(i),
        probe,
        ns: 100 * ratio,
        nsLow: 98 * ratio,
        nsHigh: 102 * ratio,
        anchor: "a".repeat(40),
        ratio,
        ratioLow: ratio * 0.97,
        ratioHigh: ratio * 1.03,
        pairs: 10,
        noise: 0.01,
      };
    }),
  ).flat();
}

function judgement(probe: string, verdict: Verdict, change: number): Judgement {
  const interval = { low: change - 0.02, high: change + 0.02, nsLow: 98, nsHigh: 102 };
  return {
    probe,
    verdict,
    change,
    ...interval,
    p: 0.002,
    q: 0.01,
    band: 0.03,
    detectable: 0.02,
    pairs: 10,
    baseNs: 100,
    ns: 100 * (1 + change),
  };
}

function rows(): RecordedRow[] {
  const limit = (value: number) => ({ what: "the limit", measured: exactly(value) });
  const latencies = new Histogram();
  for (let ns = 1; ns < 20_000; ns++) latencies.record(100 + ns ** 2 / 1e4);
  const sizes = [64, 4096, 2 ** 18, 2 ** 24, 2 ** 30].flatMap(bytes =>
    (
      [
        ["put", 5],
        ["get", 50],
        ["lease", 30],
        ["memcpy", 10],
      ] as const
    ).map(([line, speed]) => ({
      bench: "sizes",
      what: `${line} ${bytes}`,
      unit: "GB/s",
      measured: exactly(speed * Math.log2(bytes)),
      point: { line, bytes },
    })),
  );
  return [
    { bench: "fast", what: "twice the limit", unit: "/s", measured: exactly(200), limit: limit(100) },
    {
      bench: "fast",
      what: "twice",
      unit: "/s",
      measured: exactly(1),
      limit: { ...limit(Number.NaN), what: "Redis: not installed" },
    },
    { bench: "slow", what: "half the limit's speed", unit: "µs", measured: exactly(4), limit: limit(2) },
    { bench: "slow", what: "thrice as flat", unit: "", better: "less", measured: exactly(1), limit: limit(3) },
    { bench: "slow", what: "thrice as full", unit: "", better: "more", measured: exactly(3), limit: limit(1) },
    { bench: "latency", what: "latency: a call", unit: "ns", measured: exactly(100), latencies: latencies.toJSON() },
    ...sizes,
  ];
}

/** `peek` measured twice against a later anchor, after a planted history. */
function laterAnchor(): HistoryLine[] {
  const peeks = plantedHistory().filter(({ probe }) => probe === "peek");
  return peeks.slice(-2).map(line => ({ ...line, at: "2026-11-24T08:00:00.000Z", anchor: "c".repeat(40) }));
}

/** Writes all that the dashboard shows to a folder; `nothing` leaves it without anything. */
export function plant(folder: string): { history: string; marks: string } {
  mkdirSync(folder, { recursive: true });
  const files = { history: join(folder, "history.jsonl"), marks: join(folder, "marks.json") };
  const write = (name: string, document: unknown) => writeFileSync(join(folder, name), JSON.stringify(document));
  const earlier = ["slow", "latency", "sizes"];
  const settings = Object.fromEntries(earlier.map(bench => [bench, EARLIER]));
  write("run.json", { ...SETTING, quick: false, rows: rows(), failed: [], earlier, settings });
  const judgements = [
    judgement("peek", "same", 0.01),
    judgement("put", "regressed", 0.12),
    judgement("get", "improved", -0.3),
  ];
  write("compare.json", { ...SETTING, base: "b".repeat(40), core: 1, judgements, failed: {} });
  const differences = [0.01, -0.02, 0.01, 0.03, -0.01].map(change => ({ at: "2026-11-21T09:15:00.000Z", change }));
  write("noise.json", { schema: 2, machine: machineName(), changes: { peek: differences } });
  writeFileSync(
    files.history,
    [...plantedHistory(), ...laterAnchor()].map(line => `${JSON.stringify(line)}\n`).join(""),
  );
  write("marks.json", []);
  return files;
}
