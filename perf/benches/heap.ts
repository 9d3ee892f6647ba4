/** How full the heap gets, as perf/native/programs/heap.c finds it. */
import { join } from "node:path";
import { quick } from "../run/bench.ts";
import { builtFolder } from "../run/limits.ts";
import { report } from "../run/row.ts";
import type { Sample } from "../stats/sample.ts";

const program = join(builtFolder, "perf_heap");
const seeds = quick ? 3 : 20;
const { stdout, exitCode } = Bun.spawnSync([program, String(seeds)], { stderr: "inherit" });
if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}`);
const text = stdout.toString();

/** The line of a share of frees and an allocator: median, least, most. */
function occupancy(p: string, allocator: string): Sample {
  const line = new RegExp(`^ +${p} +${allocator} +([\\d.]+) +([\\d.]+) +([\\d.]+)`, "m").exec(text);
  if (line === null) throw new Error(`${program} did not print ${allocator} at ${p}:\n${text}`);
  const [median, low, high] = line.slice(1).map(Number) as [number, number, number];
  return { median, low, high, count: seeds };
}

for (const p of ["0.45", "0.48"]) {
  const ours = occupancy(p, "plasmid");
  const firstFit = occupancy(p, "first fit");
  report({
    what: `heap occupancy at the first failure, p = ${p}`,
    unit: "",
    better: "more",
    measured: ours,
    limit: { what: "address-ordered first fit", measured: firstFit },
    ratio: { median: ours.median / firstFit.median, low: 0, high: 0, count: 1 },
    ...(p === "0.45" && {
      goal: "median 0.92, least 0.88, above first fit",
      reached: ours.median >= 0.92 && ours.low >= 0.88 && ours.median > firstFit.median,
    }),
    note: `least..most of ${seeds} seeds`,
  });
}
