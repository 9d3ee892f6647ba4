import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import { DecodeError, Decoder, decode, EncodeError, Encoder, encode } from "../../../src/codec/index.ts";
import { samples } from "../samples.ts";

const MIB = 1 << 20;

/** Live bytes of the heap and of the process, and live objects, after everything else was collected. */
function alive(): { heap: number; rss: number; objects: number } {
  for (let i = 0; i < 3; i++) Bun.gc(true);
  const { heapSize, extraMemorySize, objectCount } = heapStats();
  return { heap: Math.max(heapSize, extraMemorySize), rss: process.memoryUsage.rss(), objects: objectCount };
}

const MOST_RUNS = 4;

/**
 * Runs it once for the caches, then again: what is alive must not have grown. What the process has from the system also depends on
 * when the engine's own threads come to give it back, so a run that is flat is looked for among a few: a leak grows in each.
 */
function expectFlat(run: () => void, rss = 64 * MIB): void {
  run();
  let leastGrowth = Number.POSITIVE_INFINITY;
  for (let i = 0; i < MOST_RUNS && leastGrowth >= rss; i++) {
    const before = alive();
    run();
    const after = alive();
    expect(after.heap - before.heap).toBeLessThan(2 * MIB);
    expect(after.objects - before.objects).toBeLessThan(5000);
    leastGrowth = Math.min(leastGrowth, after.rss - before.rss);
  }
  expect(leastGrowth).toBeLessThan(rss);
}

describe("memory stays flat", () => {
  test("a million messages, there and back", () => {
    const encoder = new Encoder();
    const decoder = new Decoder();
    let n = 0;
    expectFlat(() => {
      for (let i = 0; i < 500_000; i++) {
        const value = { id: n++, name: `name ${n}`, at: new Date(n), [`key ${n % 5000}`]: [n, n / 3] };
        const back = (i % 2 === 0 ? decode(encode(value)) : decoder.decode(encoder.encode(value))) as typeof value;
        if (back.id !== value.id) throw new Error("another message");
      }
    });
  }, 60_000);

  test("every sample, thousands of times", () => {
    const values = samples.map(({ make }) => make());
    expectFlat(() => {
      for (let i = 0; i < 200; i++) for (const value of values) decode(encode([value, value]));
    }, 128 * MIB);
  }, 60_000);

  test("errors on both sides", () => {
    const bad = [{ a: [1, () => 1] }, new WeakMap(), [{ deep: new Map([["k", Symbol("s")]]) }]];
    const bytes = encode({ a: [1, { b: "text" }], c: new Map([["k", new Set([1])]]) });
    expectFlat(() => {
      for (let i = 0; i < 20_000; i++) {
        expectThrow(() => encode(bad[i % bad.length]), EncodeError);
        expectThrow(() => decode(bytes.subarray(0, i % bytes.length)), DecodeError);
      }
    });
  }, 60_000);

  test("shapes and keys that never come again", () => {
    let n = 0;
    expectFlat(() => {
      for (let i = 0; i < 300; i++) {
        const keys = Array.from({ length: 10 }, () => `key ${n++} ${"x".repeat(100)}`);
        const records = Array.from({ length: 70 }, () => Object.fromEntries(keys.map(key => [key, n])));
        decode(encode(records));
      }
    });
  }, 60_000);
});

describe("what was encoded or decoded is let go", () => {
  /** Uses 20 objects, of which then none but a few may be alive. */
  async function expectGone(make: (i: number) => object, use: (value: object) => void): Promise<void> {
    const refs: WeakRef<object>[] = [];
    for (let i = 0; i < 20; i++) {
      const value = make(i);
      use(value);
      refs.push(new WeakRef(value));
    }
    // A weak reference holds its target until the turn ends.
    await Bun.sleep(1);
    Bun.gc(true);
    await Bun.sleep(1);
    Bun.gc(true);
    // The stack may still hold some by chance.
    expect(refs.filter(ref => ref.deref() !== undefined).length).toBeLessThan(5);
  }

  const encoder = new Encoder();
  const decoder = new Decoder();
  const big = (i: number) => ({ list: Array.from({ length: 100 }, (_, k) => ({ k, i, at: new Date(i) })) });

  test("values, by `encode` and by an encoder", async () => {
    await expectGone(big, value => encode([value, value]));
    await expectGone(big, value => encoder.encode([value, value]));
  });

  test("values that could not be encoded", async () => {
    await expectGone(big, value => expectThrow(() => encoder.encode([value, () => 1]), EncodeError));
  });

  test("messages, by `decode` and by a decoder", async () => {
    const message = (i: number) => encode([big(i), new Float64Array(100), 1.5]);
    await expectGone(message, bytes => decode(bytes as Uint8Array));
    await expectGone(message, bytes => decoder.decode(bytes as Uint8Array));
    await expectGone(message, bytes =>
      expectThrow(() => decoder.decode((bytes as Uint8Array).subarray(0, -1)), DecodeError),
    );
  });

  test("a message of 64 MiB, but for what an encoder keeps", async () => {
    const before = alive().heap;
    const text = "x".repeat(64 * MIB);
    for (const one of [encoder, null]) {
      const bytes = one === null ? encode([text, 1.5]) : one.encode([text, 1.5]);
      expectThrow(() => (one ?? encoder).encode([text, text, () => 1]), EncodeError);
      decoder.decode(bytes);
      decode(bytes);
      expectThrow(() => decode(bytes.subarray(0, -1)), DecodeError);
    }
    await Bun.sleep(1);
    // The text itself, and 16 MiB for each of the two encoders.
    expect(alive().heap - before).toBeLessThan((64 + 2 * 16 + 8) * MIB);
    expect(text.length).toBe(64 * MIB);
  });

  test("buffers out of band", async () => {
    const make = () => new Uint8Array(10_000);
    await expectGone(make, value => {
      const buffers: Uint8Array[] = [];
      const bytes = encode([value], { buffers });
      decoder.decode(bytes, buffers);
    });
  });
});

function expectThrow(run: () => unknown, type: abstract new (...args: never[]) => Error): void {
  try {
    run();
  } catch (error) {
    if (error instanceof type) return;
    throw error;
  }
  throw new Error("no error");
}
