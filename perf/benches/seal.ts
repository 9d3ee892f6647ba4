/**
 * What is left to do of an 800 MB object that was built in place: taking the room, and sealing. Whoever writes 800 MB leaves nothing else
 * in the caches: most of both is memory that is fetched again. So each is held against Bun's own part alone, an ArrayBuffer made over
 * memory that was there and detached, with as much written in between; and against a draft of 8 bytes with as much written elsewhere.
 */
import { type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import type { Store } from "../../src/index.ts";
import { endStore, newStore, times } from "../run/bench.ts";
import { report } from "../run/row.ts";
import { figure } from "../stats/figure.ts";
import { median } from "../stats/median.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

const LENGTH = 100_000_000;
const ROUNDS = times(25);
const IN_A_ROUND = 10;
const COMPILED_AFTER = 20_000;

/** How long making one took, and ending it, in µs. */
interface Took {
  begin: number[];
  end: number[];
}

const store = newStore({ capacity: "1000MB" });
const small = newStore({ capacity: "16MB" });
const own = new Float64Array(LENGTH);
const ownAt = ptr(own) as Pointer;

/** A line of each page, or all of it. */
function write(view: Float64Array, whole: boolean): void {
  if (whole) view.fill(Math.random());
  else for (let i = 0; i < view.length; i += 512) view[i] = i;
}

function timed<T>(us: number[], work: () => T): T {
  const start = performance.now();
  const result = work();
  us.push((performance.now() - start) * 1e3);
  return result;
}

function draft(of: Store, length: number, { begin, end }: Took, whole: boolean): void {
  const made = timed(begin, () => of.allocateUnsafe(Float64Array, length));
  write(length === LENGTH ? made.view : own, whole);
  of.free(timed(end, () => made.seal()));
}

function bare({ begin, end }: Took, whole: boolean): void {
  const view = timed(begin, () => new Float64Array(toArrayBuffer(ownAt, 0, own.byteLength)));
  write(view, whole);
  timed(end, () => view.buffer.transfer(0));
}

const ways = {
  large: (took: Took, whole: boolean) => draft(store, LENGTH, took, whole),
  small: (took: Took, whole: boolean) => draft(small, 1, took, whole),
  bare,
};
type Way = keyof typeof ways;

for (let i = 0; i < times(COMPILED_AFTER); i++) {
  for (const of of [store, small]) of.free(of.allocateUnsafe(Float64Array, 1).seal());
}
const medians: Record<Way, Took> = {
  large: { begin: [], end: [] },
  small: { begin: [], end: [] },
  bare: { begin: [], end: [] },
};
// The first round makes the pages warm.
for (let round = 0; round <= ROUNDS; round++) {
  for (const [way, work] of Object.entries(ways) as [Way, (typeof ways)[Way]][]) {
    const took: Took = { begin: [], end: [] };
    // Lets the collector work where programs let it: between turns.
    await Bun.sleep(0);
    for (let i = 0; i < IN_A_ROUND; i++) work(took, i === 0);
    if (round === 0) continue;
    medians[way].begin.push(median(took.begin));
    medians[way].end.push(median(took.end));
  }
}
endStore(small);
endStore(store);

function judge(what: string, part: keyof Took, limit: string): void {
  const measured = sampleOf(medians.large[part]);
  report({
    what,
    unit: "µs",
    measured,
    limit: { what: limit, measured: sampleOf(medians.bare[part]) },
    ratio: sampleOf(quotients(medians.bare[part], medians.large[part])),
    goal: "under 20 µs",
    reached: measured.median < 20,
    note: `of 8 bytes, after as much was written elsewhere: ${figure(median(medians.small[part]))} µs`,
  });
}
judge("allocateUnsafe of 800 MB, warm pages", "begin", "an ArrayBuffer over as much memory");
judge("seal of 800 MB already written", "end", "detaching as much");
