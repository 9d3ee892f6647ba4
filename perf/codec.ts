/**
 * The codec beside its peers: `bun perf/codec.ts [a b c d f]`. Each round times every contestant in turn, so that what the machine does
 * meanwhile falls on all of them alike; the figure is the tenth percentile of the rounds, and the factor is to ours. In b, JSON gives Dates back as text.
 */
import * as msgpack from "@msgpack/msgpack";
import { decode, encode } from "../src/codec/index.ts";

interface Contestant {
  readonly name: string;
  /** Both undefined: does not take this data. */
  readonly encode?: (value: unknown) => unknown;
  readonly decode?: (bytes: never) => unknown;
}

/** Those beyond what JSON and @msgpack/msgpack give back as it was (cycles, Float64Array, Map) are not timed with them. */
const DATA: Record<string, { about: string; beyond?: boolean; make: () => unknown }> = {
  a: { about: "an object of 10 fields", make: flatObject },
  b: { about: "10,000 records with a Date", make: () => Array.from({ length: 10_000 }, (_, i) => record(i)) },
  c: { about: "a graph of 10,000 nodes, with cycles", beyond: true, make: () => nodes(10_000) },
  d: {
    about: "100 Float64Array of 10,000",
    beyond: true,
    make: () => Array.from({ length: 100 }, () => doubles(10_000)),
  },
  e: {
    about: "a Map of 10,000",
    beyond: true,
    make: () => new Map(Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, i])),
  },
  f: { about: "100,000 doubles in an array", make: () => Array.from(doubles(100_000)) },
  g: { about: "10,000 short texts", make: () => Array.from({ length: 10_000 }, (_, i) => `name ${i * 7919}`) },
};

const PLASMID: Contestant = { name: "plasmid", encode: value => encode(value), decode: bytes => decode(bytes) };

function contestants(key: string): Contestant[] {
  const all: Contestant[] = [PLASMID];
  if (key === "d") all.push({ name: "plasmid out of band", encode: outOfBand, decode: fromOutOfBand });
  if (!DATA[key]!.beyond) {
    all.push({
      name: "@msgpack/msgpack",
      encode: value => msgpack.encode(value),
      decode: bytes => msgpack.decode(bytes),
    });
    all.push({ name: "JSON", encode: value => JSON.stringify(value), decode: text => JSON.parse(text) });
  }
  all.push({ name: "structuredClone", encode: value => structuredClone(value) });
  return all;
}

function outOfBand(value: unknown): [Uint8Array, Uint8Array[]] {
  const buffers: Uint8Array[] = [];
  return [encode(value, { buffers }), buffers];
}

function fromOutOfBand([bytes, buffers]: [Uint8Array, Uint8Array[]]): unknown {
  return decode(bytes, { buffers });
}

function flatObject(): unknown {
  return {
    id: 12_345,
    name: "John Smith",
    email: "john@example.com",
    active: true,
    score: 98.6,
    tags: ["a", "b", "c"],
    address: { street: "1 Main St", city: "Springfield" },
    visits: 1_700_000_000,
    rating: 4.5,
    notes: null,
  };
}

function record(i: number): unknown {
  const made = new Date(1.7e12 + i * 1000);
  return {
    id: i,
    name: `name ${i}`,
    group: `g${i % 10}`,
    score: i / 3,
    active: i % 2 === 0,
    made,
    note: null,
    rank: i % 100,
  };
}

function nodes(count: number): unknown {
  const all: { id: number; next: unknown; peer: unknown; label: string }[] = [];
  for (let i = 0; i < count; i++) all.push({ id: i, next: null, peer: null, label: `n${i % 50}` });
  all.forEach((node, i) => {
    node.next = all[(i + 1) % count];
    node.peer = all[(i * 7919) % count];
  });
  return all;
}

function doubles(count: number): Float64Array {
  return new Float64Array(count).map((_, i) => Math.sqrt(i + 0.5));
}

/** Microseconds of one call at the tenth percentile, for each of some functions, interleaved. */
function interleaved(work: (() => unknown)[]): number[] {
  const repeats = work.map(calibrate);
  const samples: number[][] = work.map(() => []);
  for (let round = 0; round < 40; round++) {
    work.forEach((call, i) => {
      const start = Bun.nanoseconds();
      for (let n = repeats[i]!; n > 0; n--) call();
      samples[i]!.push((Bun.nanoseconds() - start) / repeats[i]! / 1000);
    });
  }
  return samples.map(times => times.sort((x, y) => x - y)[Math.floor(times.length / 10)]!);
}

/** Warms the call up, so that it is compiled to the last tier; how many of it take about a millisecond. */
function calibrate(call: () => unknown): number {
  const warmUntil = Bun.nanoseconds() + 300e6;
  while (Bun.nanoseconds() < warmUntil) call();
  const start = Bun.nanoseconds();
  let count = 0;
  while (Bun.nanoseconds() - start < 20e6) {
    call();
    count++;
  }
  return Math.max(1, Math.round(count / 20));
}

function report(key: string): void {
  const { about, make } = DATA[key]!;
  const value = make();
  const all = contestants(key);
  console.log(`\n${key}: ${about}`);
  const encoded = all.map(one => one.encode!(value));
  const encodes = interleaved(all.map(one => () => one.encode!(value)));
  const readers = all.map((one, i) => ({ one, i })).filter(({ one }) => one.decode !== undefined);
  const decodes = interleaved(
    readers.map(
      ({ one, i }) =>
        () =>
          one.decode!(encoded[i] as never),
    ),
  );
  all.forEach((one, i) => {
    const at = readers.findIndex(reader => reader.i === i);
    const back = at < 0 ? "both ways" : figure(decodes[at]!, decodes[0]!);
    console.log(`  ${one.name.padEnd(20)} encode ${figure(encodes[i]!, encodes[0]!)}   decode ${back}`);
  });
}

function figure(us: number, base: number): string {
  const time =
    us < 10 ? `${(us * 1000).toFixed(0)} ns` : us < 10_000 ? `${us.toFixed(0)} µs` : `${(us / 1000).toFixed(1)} ms`;
  return `${time.padStart(9)} ${`x${(us / base).toFixed(2)}`.padStart(7)}`;
}

const wanted = process.argv.slice(2);
for (const key of wanted.length === 0 ? Object.keys(DATA) : wanted) report(key);
