/**
 * A working set of three times the capacity, on disk for two thirds: each step reads the oldest object, frees it and puts another. Against
 * plain reads and writes of as many bytes, in files of the same folder, to and from as much memory as the store has: one small buffer would
 * stay in the processor's cache, which is no place to keep what was read.
 */
import { closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { ObjectRef } from "../../src/index.ts";
import { endStore, diskFolder as folder, newStore, quick, times } from "../run/bench.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

const BYTES = 1 << 20;
const CAPACITY = (quick ? 16 : 64) * BYTES;
const COUNT = (3 * CAPACITY) / BYTES;

// A run before may have made it.
mkdirSync(folder, { recursive: true, mode: 0o700 });
const source = new Uint8Array(BYTES).map((_, i) => i * 31);
const store = newStore({ capacity: CAPACITY, spill: folder });
const refs: ObjectRef<Uint8Array>[] = Array.from({ length: COUNT }, () => store.put(source, { pin: true }));
const files = Array.from({ length: COUNT }, (_, i) => join(folder, `plain-${i}`));
const memory = new Uint8Array(CAPACITY).fill(1);
const room = (i: number) => memory.subarray((i * BYTES) % CAPACITY, ((i * BYTES) % CAPACITY) + BYTES);

function write(i: number): void {
  const fd = openSync(files[i]!, "w", 0o600);
  writeSync(fd, room(i));
  closeSync(fd);
}

/** Milliseconds of a cycle through the store. */
function spilled(): number {
  const start = performance.now();
  for (let i = 0; i < COUNT; i++) {
    {
      using lease = store.lease(refs[i]!);
      if (lease.value[BYTES - 1] !== source[BYTES - 1]) throw new Error("not what was put");
    }
    store.free(refs[i]!);
    refs[i] = store.put(source, { pin: true });
  }
  return performance.now() - start;
}

/** The same with files. */
function plain(): number {
  const start = performance.now();
  for (let i = 0; i < COUNT; i++) {
    const fd = openSync(files[i]!, "r");
    readSync(fd, room(i));
    closeSync(fd);
    unlinkSync(files[i]!);
    write(i);
  }
  return performance.now() - start;
}

for (let i = 0; i < COUNT; i++) write(i);
spilled();
plain();
const ours: number[] = [];
const theirs: number[] = [];
for (let i = 0; i < times(9); i++) {
  ours.push(spilled());
  theirs.push(plain());
}
endStore(store);

const ratio = sampleOf(quotients(theirs, ours));
report({
  what: `${COUNT} MiB through a store of ${CAPACITY / BYTES} MiB that spills`,
  unit: "ms",
  bytes: COUNT * BYTES,
  measured: sampleOf(ours),
  limit: { what: "plain reads and writes", measured: sampleOf(theirs) },
  ratio,
  goal: "speed at least 0.7 of theirs",
  reached: ratio.median >= 0.7,
});
