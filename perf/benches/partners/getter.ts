/** Gets arrays that it does not hold, `args` being store, name, and how often; says how long each get took, in µs. */
import { writeSync } from "node:fs";
import type { View } from "../../../src/store/draft.ts";
import { sameStore } from "../../run/bench.ts";
import { answer } from "../../run/partner.ts";
import { FROM_HERE, TO_HERE } from "./marks.ts";

const [storeName, name, count] = process.argv.slice(2) as [string, string, string];
using store = sameStore(storeName);
const ref = store.find<View>(name)!;
const times = new Float64Array(Number(count));

async function get(): Promise<number> {
  const start = performance.now();
  const view = await store.get(ref);
  const took = performance.now() - start;
  if (view.length === 0) throw new Error("it is empty");
  // Moved away and dropped, so that the next get finds nothing to build upon.
  view.buffer.transfer();
  return took * 1e3;
}

for (let i = 0; i < 2_000; i++) await get();
writeSync(2, FROM_HERE);
const start = performance.now();
for (let i = 0; i < times.length; i++) times[i] = await get();
const ms = performance.now() - start;
writeSync(2, TO_HERE);
answer({ ms, times: Array.from(times) });
