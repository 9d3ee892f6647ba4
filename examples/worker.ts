// Workers of one process share the store with it, and with everyone else.
// Run: bun examples/worker.ts
import { isMainThread, threadId, Worker, workerData } from "node:worker_threads";
import { Store } from "plasmid";

const count = 4_000_000;
const workers = 4;

if (isMainThread) {
  const name = `worker-${process.pid}`;
  using store = Store.open(name, { capacity: "64MiB" });
  try {
    store.put(
      Float64Array.from({ length: count }, (_, i) => 1 / (i + 1)),
      { name: "terms" },
    );
    for (let part = 0; part < workers; part++) new Worker(import.meta.path, { workerData: { name, part } });
    // Each worker puts its part of the sum under a name; the list waits for all of them.
    const sums = await store.get<number>(Array.from({ length: workers }, (_, part) => `sum/${part}`));
    const harmonic = sums.reduce((a, b) => a + b, 0);
    console.log(`1 + 1/2 + 1/3 + … + 1/${count} = ${harmonic.toFixed(9)}`);
    console.log(`ln ${count} + Euler's constant = ${(Math.log(count) + 0.5772156649015329).toFixed(9)}`);
  } finally {
    Store.destroy(name);
  }
} else {
  // A Worker opens the store itself: same process, same memory. For scripts and Workers there is getSync, too.
  const { name, part } = workerData as { name: string; part: number };
  using store = Store.open(name);
  const terms = store.getSync<Float64Array>("terms");
  const [from, to] = [(count / workers) * part, (count / workers) * (part + 1)];
  let sum = 0;
  for (let i = to - 1; i >= from; i--) sum += terms[i]!; // the small ones first
  console.log(`thread ${threadId} has added up terms ${from + 1} to ${to}`);
  store.put(sum, { name: `sum/${part}`, pin: true });
}
