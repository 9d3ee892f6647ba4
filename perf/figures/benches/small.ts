import type { ObjectRef } from "plasmid";
import { withStore } from "../fresh.ts";
import { libc } from "../libc.ts";
import { rate, report, spread, time } from "../row.ts";
import { kept, perCall, sample } from "../sample.ts";

const call = sample(perCall(() => libc.abs(-7), 100_000, 50));
const ffi = `an FFI call ${time(call.p50)}`;

await withStore({ capacity: "64MiB" }, async store => {
  const ten = store.put("0123456789");
  const peeked = sample(perCall(() => store.peek(ten), 20_000, 100));
  report({
    what: "peek of a sealed 10-byte object",
    measured: rate(peeked),
    beside: ffi,
    goal: "over 3 M/s",
    reached: peeked.p50 < 1e3 / 3,
  });

  const awaited: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < 60; round++) {
    let begin = Bun.nanoseconds();
    for (let i = 0; i < 10_000; i++) kept.last = await store.get(ten);
    awaited.push((Bun.nanoseconds() - begin) / 10_000);
    begin = Bun.nanoseconds();
    for (let i = 0; i < 10_000; i++) kept.last = await Promise.resolve(i);
    bare.push((Bun.nanoseconds() - begin) / 10_000);
  }
  const got = sample(awaited);
  report({
    what: "await get of the same",
    measured: rate(got),
    beside: `a bare await ${spread(sample(bare))}`,
    goal: "over 1.5 M/s",
    reached: got.p50 < 1e3 / 1.5,
  });

  const mib = store.put(new Float64Array(131_072).fill(1.5));
  const view = store.peek(mib) as Float64Array;
  const held = sample(perCall(() => store.peek(mib), 20_000, 100));
  const views = sample(perCall(() => new Float64Array(view.buffer, 0, 131_072), 20_000, 50));
  report({
    what: "peek of a held 1 MiB array",
    measured: rate(held),
    beside: `new Float64Array alone ${spread(views)}`,
    goal: "over 5 M/s",
    reached: held.p50 < 200,
  });

  const refs: ObjectRef[] = Array.from({ length: 10_000 }, (_, i) => store.put(i));
  const holder = store.put(refs);
  const many = sample(perCall(() => store.peek(holder), 1, 200));
  report({
    what: "get of a value that holds 10,000 refs",
    measured: rate(many),
    beside: spread(many),
    goal: "over 500 /s",
    reached: many.p50 < 2e6,
  });

  const thousand = refs.slice(0, 1000);
  const waits: number[] = [];
  for (let i = 0; i < 500; i++) {
    const begin = Bun.nanoseconds();
    kept.last = await store.wait(thousand, { count: 1000 });
    waits.push(Bun.nanoseconds() - begin);
  }
  const waited = sample(waits);
  report({
    what: "wait on 1,000 refs",
    measured: rate(waited),
    beside: spread(waited),
    goal: "over 2,000 /s",
    reached: waited.p50 < 5e5,
  });
});

await withStore({ capacity: "64MiB" }, store => {
  for (let i = 0; i < 1_000_000; i++) store.put(0); // to the steady state: the table is full, each put evicts
  const values: number[] = [];
  for (let round = 0; round < 100; round++) {
    const begin = Bun.nanoseconds();
    for (let i = 0; i < 100_000; i++) store.put(0);
    values.push((Bun.nanoseconds() - begin) / 100_000);
  }
  const puts = sample(values);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  report({
    what: "put(0), dropped at once, 10^7 puts",
    measured: rate(puts),
    beside: `${ffi}; mean of all ${(1e3 / mean).toFixed(2)} M/s, collection and eviction included`,
    goal: "over 1 M/s",
    reached: mean < 1e3,
  });
});
