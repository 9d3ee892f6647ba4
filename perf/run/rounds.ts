import { quick } from "./bench.ts";

/** Does something `count` times. */
export type Batch = (count: number) => void | Promise<void>;

/** A batch is so long that the clock and the loop around it don't count. */
const BATCH_MS = 5;
const ROUNDS = 200;

/**
 * Times short things against each other: in each round a batch of each, one after the other, so that what the machine does meanwhile
 * falls on all alike. Gives nanoseconds for one, a list of `rounds` values for each batch.
 */
export async function inRounds<Name extends string>(
  batches: Record<Name, Batch>,
  rounds = ROUNDS,
): Promise<Record<Name, number[]>> {
  const entries = Object.entries(batches) as [Name, Batch][];
  const counts = new Map<Name, number>();
  for (const [name, batch] of entries) counts.set(name, await calibrate(batch));
  const times = Object.fromEntries(entries.map(([name]) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < (quick ? rounds / 10 : rounds); round++) {
    for (const [name, batch] of entries) {
      const count = counts.get(name)!;
      times[name].push(((await timed(batch, count)) * 1e6) / count);
    }
  }
  return times;
}

/** Also warms up: the last batch that is too short is followed by ten that are not. */
async function calibrate(batch: Batch): Promise<number> {
  let count = 1;
  for (;;) {
    const ms = await timed(batch, count);
    if (ms >= BATCH_MS) break;
    count = Math.max(count + 1, Math.ceil(count * Math.min(10, (1.2 * BATCH_MS) / Math.max(ms, 0.001))));
  }
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 10; i++) least = Math.min(least, await timed(batch, count));
  return Math.max(1, Math.ceil((count * BATCH_MS) / least));
}

async function timed(batch: Batch, count: number): Promise<number> {
  const start = performance.now();
  const pending = batch(count);
  if (pending !== undefined) await pending;
  return performance.now() - start;
}

/** Nanoseconds for one, as how many a second. */
export function perSecond(ns: readonly number[]): number[] {
  return ns.map(value => 1e9 / value);
}
