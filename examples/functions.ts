// Functions and classes travel as text, with what they close over, where both sides allow it.
// Run: bun examples/functions.ts
import { capture, inspectSerializability, Store } from "plasmid";

class Histogram {
  counts = new Map<number, number>();
  constructor(readonly width: number) {}
  add(value: number): this {
    const bucket = Math.floor(value / this.width) * this.width;
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + 1);
    return this;
  }
}

const name = `functions-${process.pid}`;
using store = Store.open(name, { capacity: "16MiB", code: true });
try {
  const samples = Float64Array.from({ length: 100_000 }, () => Math.random() + Math.random());
  // What a function closes over is named; the samples go as one shared buffer.
  const summarise = capture(
    (width: number) => samples.reduce((histogram, value) => histogram.add(value), new Histogram(width)),
    () => ({ samples, Histogram }),
  );
  store.put({ summarise }, { name: "job", pin: true });

  // Another process, which knows neither the function nor the class.
  const worker = `import { Store } from "plasmid";
    using store = Store.open(${JSON.stringify(name)}, { code: true });
    const { summarise } = store.peek("job");
    store.put(summarise(0.5), { name: "answer", pin: true });`;
  await Bun.spawn([process.execPath, "-e", worker], { cwd: import.meta.dir, stderr: "inherit" }).exited;

  const answer = await store.get<Histogram>("answer", { timeoutMs: 5_000 });
  console.log(answer instanceof Histogram, [...answer.counts].sort());

  // What can't travel is found before it fails elsewhere.
  const { failures } = inspectSerializability({ summarise, cache: new WeakMap() }, { stream: null });
  console.log(String(failures[0]));
} finally {
  Store.destroy(name);
}
