/**
 * Throughput of put, get and memcpy by size: bytes made readable, put and copied a second; get of what the process holds, and of what
 * nobody in it holds. Of the largest that is the headline: what sharing without a copy is worth. The limit is the better copy of that size.
 */
import { ptr } from "bun:ffi";
import { do_not_optimize } from "mitata";
import { sizeText } from "../probes/store.ts";
import { endStore, newStore, quick } from "../run/bench.ts";
import { copy } from "../run/limits.ts";
import { inRounds } from "../run/rounds.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

/** Pages are touched for the first time, which takes longer than all that is measured. */
const LARGEST = quick ? 2 ** 26 : 2 ** 30;
const ROUNDS = quick ? 30 : 60;

/** From each size to the next. */
const STEP = quick ? 16 : 4;

for (let bytes = 64; bytes <= LARGEST; bytes *= STEP) await measure(bytes);

/** Each in a store of its own, with room for what is put, what is got and what memcpy writes to: the pages are warm. */
async function measure(bytes: number): Promise<void> {
  const store = newStore({ capacity: Math.max(64 * 2 ** 20, Math.ceil(4.3 * bytes)) });
  const source = new Uint8Array(bytes).fill(7);
  const ref = store.put(source, { pin: true });
  const held = store.peek(ref);
  const unheld = store.allocateUnsafe(Uint8Array, bytes).seal();
  const draft = store.allocateUnsafe(Uint8Array, bytes);
  const [to, from] = [ptr(draft.view), ptr(source)];
  const times = await inRounds(
    {
      put: count => {
        for (let i = 0; i < count; i++) store.free(store.put(source));
      },
      get: count => {
        for (let i = 0; i < count; i++) do_not_optimize(store.peek(ref));
      },
      lease: count => {
        for (let i = 0; i < count; i++) {
          using lease = store.lease(unheld);
          do_not_optimize(lease.value);
        }
      },
      memcpy: count => {
        for (let i = 0; i < count; i++) copy(to, from, bytes, "memcpy");
      },
      "non-temporal stores": count => {
        for (let i = 0; i < count; i++) copy(to, from, bytes, "non-temporal stores");
      },
    },
    bytes > 2 ** 26 ? Math.ceil(ROUNDS / 5) : ROUNDS,
  );
  draft.abort();
  do_not_optimize(held);
  endStore(store);
  const speeds = (ns: readonly number[]) => sampleOf(ns.map(value => bytes / value));
  const copies = ["memcpy", "non-temporal stores"] as const;
  const best = copies.toSorted((a, b) => speeds(times[b]).median - speeds(times[a]).median)[0]!;
  const limit = { what: best, measured: speeds(times[best]) };
  for (const [line, about] of [
    ["put", "put, freed at once"],
    ["get", "get of what is held: made readable"],
    ["lease", "get of what is not, and its end: made readable"],
  ] as const) {
    report({
      what: `${about}, ${sizeText(bytes)}`,
      unit: "GB/s",
      measured: speeds(times[line]),
      limit,
      ratio: sampleOf(quotients(times[best], times[line])),
      point: { line, bytes },
    });
  }
  if (bytes === LARGEST) {
    for (const [line, about] of [
      ["lease", "zero-copy: bytes that a get makes readable"],
      ["put", "zero-copy: bytes that a put makes sharable"],
    ] as const) {
      const ratio = sampleOf(quotients(times[best], times[line]));
      report({ what: `${about}, ${sizeText(bytes)}`, unit: "GB/s", measured: speeds(times[line]), limit, ratio });
    }
  }
  report({
    what: `memcpy, ${sizeText(bytes)}`,
    unit: "GB/s",
    measured: speeds(times.memcpy),
    point: { line: "memcpy", bytes },
  });
}
