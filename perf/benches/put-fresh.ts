/** A put of 800 MB (a quick look: 200) into a store that never held anything, against touching as many fresh pages alone. */
import { ptr } from "bun:ffi";
import { join } from "node:path";
import { endStore, folder, newStore, quick, times } from "../run/bench.ts";
import { flightDoubles } from "../run/flights.ts";
import { freshMs } from "../run/limits.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

const BYTES = quick ? 200_000_000 : 800_000_000;
const SIZE = `${BYTES / 1e6} MB`;
const source = await flightDoubles(BYTES / 8);

function put(): number {
  const store = newStore({ capacity: "1000MB" });
  const start = performance.now();
  store.put(source);
  const ms = performance.now() - start;
  endStore(store);
  return ms;
}

const file = join(folder, "fresh");
const puts: number[] = [];
const touches: number[] = [];
const copies: number[] = [];
put();
for (let i = 0; i < times(9); i++) {
  puts.push(put());
  touches.push(freshMs(file, BYTES, null));
  copies.push(freshMs(file, BYTES, ptr(source)));
}

const share = sampleOf(quotients(puts, touches)).median;
report({
  what: `put of ${SIZE}, fresh pages`,
  unit: "ms",
  bytes: BYTES,
  measured: sampleOf(puts),
  limit: { what: "touching them", measured: sampleOf(touches) },
  ratio: sampleOf(quotients(touches, puts)),
  goal: "at most 1.1 times as long",
  reached: share <= 1.1,
});
report({
  what: "  the same beside a copy into a fresh mapping",
  unit: "ms",
  bytes: BYTES,
  measured: sampleOf(puts),
  limit: { what: "memcpy", measured: sampleOf(copies) },
  ratio: sampleOf(quotients(copies, puts)),
});
