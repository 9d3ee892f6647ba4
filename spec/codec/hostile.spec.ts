import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DecodeError, Decoder, decode, encode } from "../../src/codec/index.ts";
import { graph } from "./arbitraries.ts";
import { expectSame } from "./same.ts";
import { anything, holed } from "./values.ts";

const GOOD = { rows: [1, { a: "b" }], map: new Map([["k", new Set([1n])]]) };
const GOOD_BYTES = encode(GOOD);
const BUFFERS = [new ArrayBuffer(64), new Uint8Array(600).subarray(8, 520)];
const REFERENCES = [{ ref: 0 }];

/** One decoder for all: whatever it was fed, it must go on working. */
const decoder = new Decoder();

/** True if it decoded; any error but DecodeError fails the test. */
function survives(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes, BUFFERS, REFERENCES);
    return true;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw new Error(`not a DecodeError for ${bytes.toHex()}`, { cause: error });
    const inside = error.offset >= 0 && error.offset <= bytes.length;
    if (!inside || !error.path.startsWith("$")) throw new Error(`bad place for ${bytes.toHex()}`, { cause: error });
    return false;
  }
}

function expectStillGood(): void {
  expectSame(decoder.decode(GOOD_BYTES), GOOD);
}

/** One of everything, in messages short enough to try every change of. */
function corpus(): Uint8Array[] {
  const shared = { x: 1 };
  const cycle: unknown[] = [1];
  cycle.push(cycle);
  const buffer = new ArrayBuffer(24);
  const sparse: unknown[] = [];
  sparse.length = 300_000;
  sparse[7] = "seven";
  const values: unknown[] = [
    [0, -1, 200, -200, 70_000, -70_000, 2 ** 40, -(2 ** 40), 1.5, null, true, false, undefined],
    ["", "abc", "é".repeat(20), "x".repeat(300), "\ud800"],
    { a: 1, b: { c: [2] }, "\udfff": 3, __proto__: null },
    JSON.parse('{"__proto__": {"a": 1}, "b": []}'),
    holed(3, { 0: 1, 2: 3 }),
    sparse,
    [5n, -(2n ** 80n)],
    [new Date(0), new Date(1), new Date(-1), new Date(Number.NaN)],
    new Map<unknown, unknown>([
      ["k", [1]],
      [{}, new Set(["v"])],
    ]),
    new Set([1, "a", new Map()]),
    Object.assign(Object.create(null), { a: 1 }),
    [new Uint8Array([1, 2]), new Float64Array([1]), Buffer.from("b"), buffer, new DataView(buffer, 1, 2)],
    [shared, shared, cycle, new Uint8Array(buffer, 0, 8), new Uint16Array(buffer, 16, 2)],
    GOOD,
  ];
  const messages = values.map(value => encode(value));
  const out = new Float64Array(8);
  messages.push(encode([out, out.buffer, new Uint8Array(512)], { buffers: [], bufferThreshold: 64 }));
  const ref = { [Symbol.for("plasmid.ref")]: true };
  messages.push(encode([ref, { ref }], { references: { index: () => 0 } }));
  return messages;
}

/** Deep enough for the explicit stacks, which reads each level by another piece of code. */
function deepMessage(): Uint8Array {
  const wraps = [
    (inner: unknown) => holed(3, { 0: inner, 2: 1 }),
    (inner: unknown) => ({ k: inner }),
    (inner: unknown) => new Map([[inner, inner]]),
    (inner: unknown) => new Set([inner]),
  ];
  let value: unknown = new Uint8Array(2);
  for (let i = 0; i < 140; i++) value = wraps[i % 4]!(value);
  return encode(value);
}

const CORPUS = corpus();
const DEEP = deepMessage();

describe("hostile bytes", () => {
  test("the corpus itself decodes", () => {
    for (const message of [...CORPUS, DEEP]) expect(survives(message)).toBe(true);
  });

  test("cut off at every byte: always an error", () => {
    for (const message of [...CORPUS, DEEP]) {
      for (let length = 0; length < message.length; length++) expect(survives(message.slice(0, length))).toBe(false);
    }
    expectStillGood();
  });

  test("cut off, with the rest of the message still in memory behind", () => {
    for (const message of [...CORPUS, DEEP]) {
      for (let end = 0; end < message.length; end++) {
        expect(() => decoder.decodeFrom(message, 0, end, BUFFERS, REFERENCES)).toThrow(DecodeError);
      }
    }
    expectStillGood();
  });

  test("every byte changed to every other", () => {
    for (const message of CORPUS) {
      const bytes = message.slice(0);
      for (let at = 0; at < bytes.length; at++) {
        const was = bytes[at]!;
        for (let byte = 0; byte < 256; byte++) {
          bytes[at] = byte;
          survives(bytes);
        }
        bytes[at] = was;
      }
    }
    expectStillGood();
  }, 30_000);

  test("every byte left out, and each doubled", () => {
    for (const message of CORPUS) {
      for (let at = 0; at < message.length; at++) {
        survives(new Uint8Array([...message.subarray(0, at), ...message.subarray(at + 1)]));
        survives(new Uint8Array([...message.subarray(0, at + 1), ...message.subarray(at)]));
      }
    }
    expectStillGood();
  });

  test("200,000 mutants of the corpus", () => {
    const random = generator(0x9e3779b9);
    let decoded = 0;
    for (let round = 0; round < 200_000; round++) {
      const bytes = CORPUS[random() % CORPUS.length]!.slice();
      for (let changes = 1 + (random() % 4); changes > 0; changes--) {
        const at = random() % bytes.length;
        const kind = random() % 4;
        if (kind === 0) bytes[at] = random();
        else if (kind === 1) bytes[at]! ^= 1 << (random() % 8);
        else if (kind === 2) bytes[at] = INTERESTING[random() % INTERESTING.length]!;
        else bytes.copyWithin(at, random() % bytes.length, random() % bytes.length);
      }
      if (survives(bytes)) decoded++;
      if (round % 1000 === 0) expectStillGood();
    }
    // Neither all nor none, or the mutants test nothing.
    expect(decoded).toBeGreaterThan(10_000);
    expect(decoded).toBeLessThan(190_000);
  }, 30_000);

  test("mutants of a deep message", () => {
    const random = generator(31);
    for (let round = 0; round < 20_000; round++) {
      const bytes = DEEP.slice();
      bytes[random() % bytes.length] = random();
      bytes[random() % bytes.length] = INTERESTING[random() % INTERESTING.length]!;
      survives(bytes);
    }
    expectStillGood();
  }, 30_000);

  test("random bytes", () => {
    const random = generator(7);
    for (let round = 0; round < 100_000; round++) {
      const bytes = new Uint8Array(1 + (random() % 40));
      for (let i = 0; i < bytes.length; i++)
        bytes[i] = random() % 3 === 0 ? INTERESTING[random() % INTERESTING.length]! : random();
      survives(bytes);
    }
    expectStillGood();
  });

  test("what decodes can be encoded again, and decodes the same", () => {
    const random = generator(99);
    for (let round = 0; round < 20_000; round++) {
      const bytes = CORPUS[random() % CORPUS.length]!.slice();
      bytes[random() % bytes.length] = random();
      let value: unknown;
      try {
        value = decode(bytes, { references: [1] });
      } catch {
        continue;
      }
      expectSame(decode(encode(value)), value);
    }
  }, 30_000);

  test("any value, cut and changed", () => {
    const some = fc.tuple(
      fc.oneof(
        anything,
        graph.map(({ build }) => build()),
      ),
      fc.nat(),
      fc.nat(255),
    );
    fc.assert(
      fc.property(some, ([value, at, byte]) => {
        const bytes = encode(value);
        expect(survives(bytes.slice(0, at % bytes.length))).toBe(false);
        bytes[at % bytes.length] = byte;
        survives(bytes);
      }),
      { numRuns: 1000 },
    );
    expectStillGood();
  }, 30_000);
});

describe("memory stays in proportion to the message", () => {
  test("lengths that the message has no bytes for", () => {
    for (const head of [
      "ddffffffff",
      "dfffffffff",
      "dd3fffffff",
      "dbffffffff",
      "c6ffffffff",
      "c9ffffffff15",
      "c9ffffffff11",
    ]) {
      const bytes = new Uint8Array(1000).fill(0xc0);
      bytes.set(Uint8Array.fromHex(head));
      expect(survives(bytes)).toBe(false);
      expect(survives(new Uint8Array([0x91, ...bytes]))).toBe(false);
    }
    expectStillGood();
  });

  test("nested headers that each claim all the rest", () => {
    // 20,000 arrays of 100,000 elements each would be 16 GB.
    const bytes = new Uint8Array(200_000).fill(0xc0);
    for (let i = 0; i < 20_000; i++) bytes.set([0xdd, 0, 1, 0x86, 0xa0], i * 5);
    const before = process.memoryUsage().rss;
    expect(survives(bytes)).toBe(false);
    for (const head of [
      [0xdf, 0, 0, 0xc3, 0x50],
      [0xc9, 0, 1, 0x86, 0xa0, 0x16, 0xdd, 0, 1, 0x86, 0xa0],
    ]) {
      for (let i = 0; i + head.length <= 100_000; i += head.length) bytes.set(head, i);
      expect(survives(bytes)).toBe(false);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });

  test("sparse arrays that the engine would keep as slots", () => {
    const one = (length: number) => [
      0xc7,
      13,
      0x18,
      0x82,
      0xc0,
      0xce,
      ...be32(length),
      0xce,
      ...be32(length - 1),
      0xc0,
    ];
    expect(survives(new Uint8Array(one(100_001)))).toBe(true);
    expect(survives(new Uint8Array(one(100_000)))).toBe(false);
    expect(survives(new Uint8Array([...one(100_001).slice(0, 10), 0xce, ...be32(100_001), 0xc0]))).toBe(false);
    const many = [0xdc, 0x4e, 0x20, ...Array.from({ length: 20_000 }, () => one(4_000_000_000)).flat()];
    const before = process.memoryUsage().rss;
    expect(survives(new Uint8Array(many))).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });

  test("depth has a limit if one is set, whichever stack is in use", () => {
    for (const maxDepth of [0, 1, 5, 127, 128, 129, 500]) {
      const limited = new Decoder({ maxDepth });
      for (const open of [[0x91], [0x81, 0xa0], [0x81, 1]]) {
        const nested = (levels: number) => new Uint8Array([...new Array(levels).fill(open).flat(), 0xc0]);
        expect(() => limited.decode(nested(maxDepth))).not.toThrow();
        expect(() => limited.decode(nested(maxDepth + 1))).toThrow(`nested deeper than the limit of ${maxDepth}`);
      }
    }
  });

  test("the number of elements has a limit if one is set", () => {
    const limited = new Decoder({ maxElements: 10 });
    expect(limited.decode(encode([1, 2, [3, 4, { a: 5 }], 6, 7]))).toEqual([1, 2, [3, 4, { a: 5 }], 6, 7]);
    expect(() => limited.decode(encode([1, 2, [3, 4, { a: 5 }], 6, 7, 8]))).toThrow("more than may still come");
    expect(() => decode(encode([1, [2]]), { maxElements: 2 })).toThrow(DecodeError);
  });
});

/** First bytes and lengths that mean something. */
const INTERESTING = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x7f, 0x80, 0x81, 0x8f, 0x90,
  0x91, 0x9f, 0xa0, 0xa1, 0xbf, 0xc0, 0xc1, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcf, 0xd3, 0xd4, 0xd5,
  0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff,
];

/** A xorshift generator: the same mutants in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function be32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
