/**
 * Gets arrays that it does not hold, `args` being how, store, name, and how often; says how long each took, in µs. How: `get` from the
 * store; `bare`, an ArrayBuffer of FFI over the same bytes and a view on it, awaited.
 */
import { type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { writeSync } from "node:fs";
import type { View } from "../../../src/store/draft.ts";
import { times as often, sameStore } from "../../run/bench.ts";
import { answer } from "../../run/partner.ts";
import { FROM_HERE, TO_HERE } from "./marks.ts";

const [how, storeName, name, count] = process.argv.slice(2) as ["get" | "bare", string, string, string];
using store = sameStore(storeName);
const ref = store.find<View>(name)!;
const times = new Float64Array(Number(count));
const held = how === "bare" ? await store.get(ref) : null;
const at = held === null ? null : (ptr(held) as Pointer);
const bytes = held === null ? 0 : held.byteLength;

const fetch = at === null ? () => store.get(ref) : async () => new Uint8Array(toArrayBuffer(at, 0, bytes));

async function get(): Promise<number> {
  const start = performance.now();
  const view = await fetch();
  const took = performance.now() - start;
  if (view.length === 0) throw new Error("it is empty");
  // Moved away and dropped, so that the next get finds nothing to build upon.
  view.buffer.transfer();
  return took * 1e3;
}

for (let i = 0; i < often(2_000, 500); i++) await get();
writeSync(2, FROM_HERE);
const start = performance.now();
for (let i = 0; i < times.length; i++) times[i] = await get();
const ms = performance.now() - start;
writeSync(2, TO_HERE);
answer({ ms, times: Array.from(times) });
