import type { RecordedRow } from "../history/recording.ts";
import { Progress } from "./progress.ts";
import { runBench } from "./run-bench.ts";
import type { Session } from "./session.ts";

export interface BenchRuns {
  /** The rows of each run of all. */
  runs: RecordedRow[][];
  /** Benches that ended badly, and why; their rows are not among them. */
  failed: ReadonlyMap<string, string>;
}

/** Runs benches in turns, quick, so many times each, so that what the machine does meanwhile falls on all of them. */
export async function runBenches(
  { arena, signal }: Session,
  benches: readonly string[],
  times: number,
): Promise<BenchRuns> {
  const progress = new Progress();
  const failed = new Map<string, string>();
  const runs: RecordedRow[][] = [];
  for (let done = 0; done < times * benches.length && !signal.aborted; done++) {
    const bench = benches[done % benches.length]!;
    if (done % benches.length === 0) runs.push([]);
    if (failed.has(bench)) continue;
    progress.show(bench, done, times * benches.length);
    const onRow = (row: RecordedRow) => runs.at(-1)!.push(row);
    const why = await runBench(bench, { arena, quick: true, signal, onRow });
    if (why !== undefined) failed.set(bench, why);
  }
  progress.clear();
  return { runs: runs.map(rows => rows.filter(({ bench }) => !failed.has(bench))), failed };
}
