import { join } from "node:path";
import { report } from "../row.ts";

const program = join(import.meta.dir, "..", "..", "..", "build", "release", "perf", "perf_heap");
const { stdout, exitCode } = Bun.spawnSync([program]);
if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}`);

// Its lines: p, whose, median, minimum, maximum, and on how many traces ours is fuller.
const found = [...stdout.toString().matchAll(/^\s+(0\.\d+)\s+(plasmid|first fit)\s+([\d.]+)\s+([\d.]+)/gm)];
for (const [, p, whose, median, minimum] of found) {
  if (whose !== "plasmid") continue;
  const rival = found.find(other => other[1] === p && other[2] === "first fit");
  const judged = p === "0.45";
  report({
    what: `heap occupancy at the first failure, p = ${p}`,
    measured: `median ${median}, minimum ${minimum}, of 20 seeds`,
    beside: `address-ordered first fit: median ${rival?.[3]}, minimum ${rival?.[4]}`,
    goal: judged ? "median 0.92, minimum 0.88, above first fit" : "reported",
    reached: !judged || (Number(median) >= 0.92 && Number(minimum) >= 0.88 && Number(median) > Number(rival?.[3])),
  });
}
