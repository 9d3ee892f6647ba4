/** A fresh process that sums 800 MB: `store <store> <name>` or `file <path>`. Says how long it took; `store` then sums a local array. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { sameStore } from "../../run/bench.ts";
import { answer } from "../../run/partner.ts";

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

function timed<T>(work: () => T): [number, T] {
  const start = performance.now();
  const result = work();
  return [performance.now() - start, result];
}

function readWhole(path: string): Float64Array {
  const fd = openSync(path, "r");
  const bytes = Buffer.allocUnsafeSlow(fstatSync(fd).size);
  for (let at = 0; at < bytes.length; ) at += readSync(fd, bytes, at, Math.min(bytes.length - at, 2 ** 30), at);
  closeSync(fd);
  return new Float64Array(bytes.buffer);
}

// All three sum with compiled code.
const warmUp = new Float64Array(1_000_000).fill(1.5);
for (let i = 0; i < 40; i++) sum(warmUp);

const [kind, place, name] = process.argv.slice(2) as [string, string, string];
if (kind === "store") {
  using store = sameStore(place);
  const [ms, total] = timed(() => sum(store.getSync<Float64Array<ArrayBuffer>>(name)));
  const local = store.getSync<Float64Array<ArrayBuffer>>(name).slice();
  timed(() => sum(local));
  const [localMs] = timed(() => sum(local));
  answer({ ms, localMs, total });
} else {
  const [ms, total] = timed(() => sum(readWhole(place)));
  answer({ ms, total });
}
