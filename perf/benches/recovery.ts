/** How long the others wait when a process dies, as perf/native/programs/recovery.c finds it. */
import { join } from "node:path";
import { folder, times } from "../run/bench.ts";
import { builtFolder } from "../run/limits.ts";
import { report } from "../run/row.ts";
import { figure } from "../stats/figure.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

const program = join(builtFolder, "perf_recovery");
const LEASES = 10_000;

/** Milliseconds of each round, in the order of the program's columns. */
function measure(
  objects: number,
  rounds: number,
): { recovery: number[]; rebuild: number[]; reap: number[]; scan: number[] } {
  const { stdout, exitCode } = Bun.spawnSync([program, folder, String(objects), String(LEASES), String(rounds)], {
    stderr: "inherit",
  });
  if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}`);
  const lines = stdout.toString().trim().split("\n");
  const column = (at: number) => lines.map(line => Number(line.split(" ")[at]));
  return { recovery: column(0), rebuild: column(1), reap: column(2), scan: column(3) };
}

for (const [objects, goal, rounds] of [
  [10_000, 20, times(20)],
  [1_000_000, 2000, times(4)],
] as const) {
  const { recovery, rebuild, reap, scan } = measure(objects, rounds);
  const limit = { what: "reading all entries once", measured: sampleOf(scan) };
  const whole = sampleOf(recovery);
  report({
    what: `recovery of ${figure(objects)} objects, from the death to the next call's end`,
    unit: "ms",
    measured: whole,
    limit,
    ratio: sampleOf(quotients(scan, recovery)),
    goal: `under ${figure(goal)} ms`,
    reached: whole.median < goal,
    note: `up to 4 ms until the owner of the lock is seen to be dead; ${figure(sampleOf(rebuild).median)} ms the rebuild`,
  });
  const swept = sampleOf(reap);
  report({
    what: `reap of a client with ${figure(LEASES)} leases, of ${figure(objects)} objects`,
    unit: "ms",
    measured: swept,
    limit,
    ratio: sampleOf(quotients(scan, reap)),
    goal: "under 10 ms",
    reached: swept.median < 10,
  });
}
