import { ptr } from "bun:ffi";
import { withStore } from "../fresh.ts";
import { libc } from "../libc.ts";
import { report, spread } from "../row.ts";
import { inTurn, sample, timed } from "../sample.ts";

const LENGTH = 100_000_000; // doubles: 800 MB
const BYTES = LENGTH * 8;

// Prices that wander: neither constant nor noise.
const data = new Float64Array(LENGTH);
for (let i = 0, price = 100; i < LENGTH; i++) {
  price += Math.sin(i * 0.37) + (i % 17) * 0.01 - 0.08;
  data[i] = price;
}
const from = ptr(data);

await withStore({ capacity: "2GiB" }, store => {
  const put = () => {
    let ref: ReturnType<typeof store.put> | undefined;
    const ns = timed(() => {
      ref = store.put(data);
    });
    store.free(ref as NonNullable<typeof ref>);
    return ns;
  };
  // The same pages, through the same mapping: the put before has just given them back.
  const copy = () => {
    const draft = store.allocateUnsafe(Float64Array, LENGTH);
    const to = ptr(draft.view);
    const ns = timed(() => libc.memcpy(to, from, BYTES));
    draft.abort();
    return ns;
  };
  put();
  put();
  copy();
  const [puts = [], copies = []] = inTurn(9, put, copy);
  const [ours, limit] = [sample(puts), sample(copies)];
  const ratio = Math.min(...copies) / ours.p50;
  report({
    what: "put of 800 MB, warm pages",
    measured: spread(ours),
    beside: `memcpy ${spread(limit)}; best memcpy / median put ${ratio.toFixed(2)}`,
    goal: "0.95 of the best memcpy",
    reached: ratio >= 0.95,
  });

  const seals: number[] = [];
  const allocations: number[] = [];
  for (let i = 0; i < 40; i++) {
    let draft!: ReturnType<typeof store.allocateUnsafe<Float64Array<ArrayBuffer>>>;
    allocations.push(
      timed(() => {
        draft = store.allocateUnsafe(Float64Array, LENGTH);
      }),
    );
    draft.view[0] = i;
    let ref!: ReturnType<typeof draft.seal>;
    seals.push(
      timed(() => {
        ref = draft.seal();
      }),
    );
    store.free(ref);
  }
  const sealed = sample(seals);
  const allocated = sample(allocations);
  report({
    what: "seal of a written draft, 800 MB",
    measured: spread(sealed),
    beside: "",
    goal: "under 20 µs",
    reached: sealed.p50 < 20e3,
  });
  report({
    what: "allocateUnsafe from warm pages, 800 MB",
    measured: spread(allocated),
    beside: `p99 ${(allocated.p99 / 1e3).toFixed(0)} µs: the collector counts the bytes as its own`,
    goal: "under 20 µs",
    reached: allocated.p50 < 20e3,
  });
});

const cold: number[] = [];
const touched: number[] = [];
for (let i = 0; i < 5; i++) {
  await withStore({ capacity: "1GiB" }, store => {
    cold.push(timed(() => store.put(data)));
  });
  await withStore({ capacity: "1GiB" }, store => {
    const begin = Bun.nanoseconds();
    const draft = store.allocateUnsafe(Float64Array, LENGTH);
    for (let at = 0; at < LENGTH; at += 512) draft.view[at] = 1;
    touched.push(Bun.nanoseconds() - begin);
    draft.abort();
  });
}
const [ours, limit] = [sample(cold), sample(touched)];
report({
  what: "put of 800 MB, fresh pages",
  measured: spread(ours),
  beside: `reserving and touching them alone ${spread(limit)}; ratio ${(ours.p50 / limit.p50).toFixed(2)}`,
  goal: "at most 1.1 of touching",
  reached: ours.p50 <= 1.1 * limit.p50,
});
