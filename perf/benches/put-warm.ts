/** A put of 800 MB into pages that were used before, against the best copies of the same bytes into the same mapping. */
import { ptr } from "bun:ffi";
import { endStore, newStore, times } from "../run/bench.ts";
import { flightDoubles } from "../run/flights.ts";
import { copies, copy } from "../run/limits.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

const BYTES = 800_000_000;
const source = await flightDoubles(BYTES / 8);
// Room for one object alone: each takes the pages that the one before it has left.
const store = newStore({ capacity: "1000MB" });

type How = keyof typeof copies;
const hows = Object.keys(copies) as How[];
const puts: number[] = [];
const limits: Record<How, number[]> = { memcpy: [], "non-temporal stores": [], "two threads of those": [] };

function put(): number {
  const start = performance.now();
  const ref = store.put(source);
  const ms = performance.now() - start;
  store.free(ref);
  return ms;
}

// Into the writable mapping of a draft: where a put copies to.
function copyAll(): void {
  const draft = store.allocateUnsafe(Float64Array, source.length);
  const to = ptr(draft.view);
  const from = ptr(source);
  for (const how of hows) {
    const start = performance.now();
    copy(to, from, BYTES, how);
    limits[how].push(performance.now() - start);
  }
  draft.abort();
}

put();
copyAll();
for (const how of hows) limits[how].length = 0;
for (let i = 0; i < times(20); i++) {
  puts.push(put());
  copyAll();
}
endStore(store);

const speeds = (ms: readonly number[]) => sampleOf(ms.map(value => BYTES / value / 1e6));
const perThread = hows.filter(how => how !== "two threads of those");
const best = perThread.sort((a, b) => speeds(limits[b]).median - speeds(limits[a]).median)[0]!;
for (const how of [best, "two threads of those"] as const) {
  const ratio = sampleOf(quotients(limits[how], puts));
  const judged = how === best;
  report({
    what: judged ? "put of 800 MB, warm pages" : "  the same beside two threads that copy",
    unit: "GB/s",
    measured: speeds(puts),
    limit: { what: how, measured: speeds(limits[how]) },
    ratio,
    ...(judged && { goal: "at least 0.95", reached: ratio.median >= 0.95 }),
  });
}
