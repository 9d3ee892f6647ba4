import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { benchLines, UNANCHORED } from "../../../perf/history/bench-lines.ts";
import type { RecordedRow } from "../../../perf/history/recording.ts";
import { exactly } from "../../../perf/stats/sample.ts";
import { root } from "../../../scripts/paths.ts";

const SETTING = { at: "now", revision: "r", dirty: false, machine: "m", bun: "b", compiler: "c", load: [] };
const row = (bench: string, unit: string, value: number, limit: number): RecordedRow => ({
  bench,
  what: "  what it does",
  unit,
  measured: exactly(value),
  limit: { what: "the peer", measured: exactly(limit) },
});

describe("lines of benches", () => {
  test("have the time as a share of the limit's in the same run, of times and of rates", () => {
    const runs = [2, 3, 10].map(slow => [
      row("wake", "µs", 20 * slow, 10 * slow),
      row("two-processes", "/s", 1e6 * slow, 2e6 * slow),
    ]);
    expect(benchLines(SETTING, "art", runs)).toMatchObject([
      { probe: "wake: what it does", anchor: "the peer", ns: 60_000, nsLow: 40_000, ratio: 2, ratioHigh: 2, pairs: 3 },
      { probe: "two-processes: what it does", ns: 333.33, ratio: 2, artifact: "art", revision: "r", noise: 0 },
    ]);
  });

  test("are none where a run lacks the row, or the limit was not measured", () => {
    const whole = [row("wake", "µs", 2, 1)];
    expect(benchLines(SETTING, "art", [whole, []])).toEqual([]);
    expect(benchLines(SETTING, "art", [[row("wake", "µs", 2, Number.NaN)]])).toEqual([]);
    expect(benchLines(SETTING, "art", [[row("wake", "bytes", 2, 1)]])).toEqual([]);
    const { limit: _, ...alone } = whole[0]!;
    expect(benchLines(SETTING, "art", [[alone]])).toEqual([]);
  });

  test("are of benches that there are", () => {
    const files = readdirSync(join(root, "perf/benches"));
    for (const bench of UNANCHORED) expect(files).toContain(`${bench}.ts`);
  });
});
