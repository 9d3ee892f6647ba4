import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { Store } from "plasmid";
import { withStore } from "../fresh.ts";
import { report, spread, time } from "../row.ts";
import { kept, sample, timed } from "../sample.ts";

const LENGTH = 100_000_000;

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}

// In a fresh process: how long until the array is there and added up, and how long once more, warm and local.
if (process.argv[2] === "reader") {
  const [, , , store, file] = process.argv as [string, string, string, string, string];
  const warm = new Float64Array(1_000_000).fill(1);
  for (let i = 0; i < 20; i++) kept.last = sum(warm); // the loop is compiled: what is measured is memory
  const opened = Store.open(store, { mustExist: true });
  const got = timed(() => {
    kept.last = sum(opened.getSync("array") as Float64Array);
  });
  const read = timed(() => {
    const bytes = readFileSync(file);
    kept.last = sum(new Float64Array(bytes.buffer, bytes.byteOffset, LENGTH));
  });
  const local = new Float64Array(opened.getSync("array") as Float64Array);
  const sums = [0, 1, 2].map(() => timed(() => sum(local)));
  console.log(JSON.stringify({ got, read, local: Math.min(...sums) }));
  opened.close();
  process.exit(0);
}

const medians: number[] = [];
for (const mib of [1, 16, 256, 1024, 4096]) {
  await withStore({ capacity: (mib + 1) * 2 ** 20 }, store => {
    const draft = store.allocateUnsafe(Uint8Array, mib * 2 ** 20);
    store.pin(draft.seal());
    const [object] = store.objects();
    const text = `${(object as NonNullable<typeof object>).ref}`;
    const gets: number[] = [];
    for (let i = 0; i < 200; i++) {
      // Another ref to the same object holds nothing of it yet: a lease and a view are taken anew.
      const ref = store.parse(text);
      gets.push(timed(() => store.peek(ref)));
    }
    const all = sample(gets);
    medians.push(all.p50);
    const slow = gets.filter(ns => ns > 5 * all.p50).reduce((a, b) => a + b, 0) / gets.reduce((a, b) => a + b, 0);
    report({
      what: `get of an array not held, ${mib} MiB`,
      measured: spread(all),
      beside: `p99 ${time(all.p99)}; ${(100 * slow).toFixed(0)}% of the time in the few slow ones (collections)`,
      goal: "median under 100 µs",
      reached: all.p50 < 100e3,
    });
  });
}

await withStore({ capacity: "1GiB" }, async (store, name) => {
  const draft = store.allocateUnsafe(Float64Array, LENGTH, { name: "array", pin: true });
  for (let i = 0; i < LENGTH; i++) draft.view[i] = i & 1023;
  const file = `/dev/shm/${name}.bytes`;
  writeFileSync(file, new Uint8Array(draft.view.buffer, draft.view.byteOffset, LENGTH * 8));
  draft.seal();
  try {
    const runs: { got: number; read: number; local: number }[] = [];
    for (let i = 0; i < 5; i++) {
      const child = Bun.spawn([process.execPath, import.meta.path, "reader", name, file], {
        stdout: "pipe",
        stderr: "inherit",
      });
      runs.push(JSON.parse(await new Response(child.stdout).text()));
    }
    const got = sample(runs.map(run => run.got));
    const local = sample(runs.map(run => run.local));
    const read = sample(runs.map(run => run.read));
    const ratio = local.p50 / got.p50;
    report({
      what: "get + sum of 800 MB in a fresh process",
      measured: spread(got),
      beside: `sum of a warm local array ${spread(local)}; ratio ${ratio.toFixed(2)}`,
      goal: "0.7 of summing a warm array",
      reached: ratio >= 0.7,
    });
    report({
      what: "the same, against a file",
      measured: spread(got),
      beside: `read from /dev/shm into a buffer and summed ${spread(read)}; ${(read.p50 / got.p50).toFixed(1)} times`,
      goal: "5 times faster",
      reached: read.p50 >= 5 * got.p50,
    });
  } finally {
    rmSync(file, { force: true });
  }
});
