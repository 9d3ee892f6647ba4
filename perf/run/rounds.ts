import { randomFrom, shuffle } from "../stats/random.ts";
import { quick } from "./bench.ts";
import { type Batch, slice } from "./slice.ts";

/** A batch is so long that the clock and the loop around it don't count. */
const BATCH_NS = 5e6;
const ROUNDS = 200;
/** How long nothing gets faster in what is warm, and by how much that would be; and how long it may take. */
const STEADY_NS = 120e6;
const FASTER = 0.97;
const MOST_WARM_UP_NS = quick ? 350e6 : 600e6;
/** As many as a spread can be seen by. */
const LEAST_ROUNDS = 8;

/**
 * Times short things against each other: in each round a slice of each, in an order that is drawn anew, so that what the machine does
 * meanwhile, and what one leaves behind for the next, falls on all alike. Gives nanoseconds for one, a list of `rounds` values for each batch.
 */
export async function inRounds<Name extends string>(
  batches: Record<Name, Batch>,
  rounds = ROUNDS,
): Promise<Record<Name, number[]>> {
  const entries = Object.entries(batches) as [Name, Batch][];
  const counts = new Map<Name, number>();
  for (const [name, batch] of entries) counts.set(name, await calibrate(batch));
  const times = Object.fromEntries(entries.map(([name]) => [name, [] as number[]])) as Record<Name, number[]>;
  const random = randomFrom(1);
  for (let round = 0; round < (quick ? Math.max(LEAST_ROUNDS, rounds / 10) : rounds); round++) {
    for (const [name, batch] of shuffle([...entries], random)) times[name].push(await slice(batch, counts.get(name)!));
  }
  return times;
}

/**
 * Also warms up: until no slice has been faster than those before it for a while. What is compiled step by step is: an encoder of ours
 * took 900 µs at first, 270 after a tenth of a second and 190 after a fifth.
 */
async function calibrate(batch: Batch): Promise<number> {
  let count = 1;
  for (;;) {
    const ns = (await slice(batch, count)) * count;
    if (ns >= BATCH_NS) break;
    count = Math.max(count + 1, Math.ceil(count * Math.min(10, (1.2 * BATCH_NS) / Math.max(ns, 1000))));
  }
  let least = Number.POSITIVE_INFINITY;
  for (let spent = 0, since = 0; since < STEADY_NS && spent < MOST_WARM_UP_NS; ) {
    const ns = await slice(batch, count);
    spent += ns * count;
    since = ns < FASTER * least ? 0 : since + ns * count;
    least = Math.min(least, ns);
    count = Math.max(1, Math.ceil(BATCH_NS / ns));
  }
  return Math.max(1, Math.ceil(BATCH_NS / least));
}

/** Nanoseconds for one, as how many a second. */
export function perSecond(ns: readonly number[]): number[] {
  return ns.map(value => 1e9 / value);
}
