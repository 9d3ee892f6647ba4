import type { RecordedRow } from "../history/recording.ts";
import { Arena } from "../run/arena.ts";
import { Interrupt } from "./interrupt.ts";
import { Progress } from "./progress.ts";
import { runBench } from "./run-bench.ts";

export interface BenchRuns {
  /** The rows of each run of all. */
  runs: RecordedRow[][];
  /** Benches that ended badly, whose rows are not among them. */
  failed: string[];
  brokenOff: boolean;
}

/** Runs benches in turns, quick, so many times each, so that what the machine does meanwhile falls on all of them. */
export async function runBenches(benches: readonly string[], times: number): Promise<BenchRuns> {
  using arena = new Arena();
  using interrupt = new Interrupt();
  interrupt.cleanUp(() => arena[Symbol.dispose]());
  const { signal } = interrupt;
  const progress = new Progress();
  const failed = new Set<string>();
  const runs: RecordedRow[][] = [];
  for (let done = 0; done < times * benches.length && !signal.aborted; done++) {
    const bench = benches[done % benches.length]!;
    if (done % benches.length === 0) runs.push([]);
    if (failed.has(bench)) continue;
    progress.show(bench, done, times * benches.length);
    const onRow = (row: RecordedRow) => runs.at(-1)!.push(row);
    const well = await runBench(bench, { folder: arena.folder, quick: true, signal, onRow });
    if (!well && !signal.aborted) failed.add(bench);
  }
  progress.clear();
  return {
    runs: runs.map(rows => rows.filter(({ bench }) => !failed.has(bench))),
    failed: [...failed],
    brokenOff: signal.aborted,
  };
}
