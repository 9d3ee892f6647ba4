/** `put(0)`, its ref dropped at once, in a store that is always full: collection and eviction are part of it. */
import { type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { do_not_optimize } from "mitata";
import { endStore, newStore, times } from "../run/bench.ts";
import { report } from "../run/row.ts";
import { figure } from "../stats/figure.ts";
import { exactly, quotients, sampleOf } from "../stats/sample.ts";

const CHUNK = 20_000;
const store = newStore({ capacity: "64MiB" });
const room = new Uint8Array(8);
const at = ptr(room);
const viewOf = toArrayBuffer as (at: Pointer, offset: number, bytes: number) => ArrayBuffer;

function puts(): number {
  const start = performance.now();
  for (let i = 0; i < CHUNK; i++) store.put(0);
  return performance.now() - start;
}

// The least that a ref which the collector ends can be made of.
function buffers(): number {
  const start = performance.now();
  for (let i = 0; i < CHUNK; i++) do_not_optimize(viewOf(at, 0, 1));
  return performance.now() - start;
}

// Until it evicts: from here on each put takes another's place.
while (store.stats().evictedTotal === 0) puts();
const before = store.stats().evictedTotal;
const putMs: number[] = [];
const bufferMs: number[] = [];
const chunks = times(10_000_000 / CHUNK);
for (let i = 0; i < chunks; i++) {
  putMs.push(puts());
  bufferMs.push(buffers());
}
const evicted = store.stats().evictedTotal - before;
endStore(store);

const all = (chunks * CHUNK * 1e3) / putMs.reduce((a, b) => a + b);
const rates = (ms: readonly number[]) => sampleOf(ms.map(value => (CHUNK * 1e3) / value));
report({
  what: `put(0), ref dropped, 64 MiB store: ${figure(chunks * CHUNK)} of them`,
  unit: "/s",
  measured: exactly(all),
  limit: { what: "an ArrayBuffer of FFI", measured: rates(bufferMs) },
  ratio: sampleOf(quotients(bufferMs, putMs)),
  goal: "over 1,000,000/s",
  reached: all > 1_000_000,
  note: `chunks of ${figure(CHUNK)}: ${figure(rates(putMs).low)}..${figure(rates(putMs).high)}/s; ${figure(evicted)} evicted`,
});
