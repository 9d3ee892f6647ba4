import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DecodeError, Decoder, decode, encode } from "../../src/codec/index.ts";
import { graph } from "./arbitraries.ts";
import { BUFFERS, corpus, generator, INTERESTING, REFERENCES, SHARED } from "./corpus.ts";
import { expectSame } from "./same.ts";
import { anything, holed } from "./values.ts";

const GOOD = { rows: [1, { a: "b" }], map: new Map([["k", new Set([1n])]]) };
const GOOD_BYTES = encode(GOOD);

/** One decoder for all: whatever it was fed, it must go on working. */
const decoder = new Decoder({ shared: SHARED });

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

/** A message of so many bytes, of which `write` puts the first that are no nulls; `left()` are still to come. */
function announcing(size: number, write: (put: (...more: number[]) => void, left: () => number) => void): Uint8Array {
  const bytes = new Uint8Array(size).fill(0xc0);
  let p = 0;
  const put = (...more: number[]) => {
    bytes.set(more, p);
    p += more.length;
  };
  const left = () => size - p;
  put(0xc9, ...be32(left() - 6), 0x7f, 1);
  put(0xc9, ...be32(left() - 6), 0x19);
  write(put, left);
  return bytes;
}

function expectStillGood(): void {
  expectSame(decoder.decode(GOOD_BYTES), GOOD);
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

/** Those that are short enough to try every change of. */
const CORPUS = (await corpus()).filter(message => message.length < 400);
const DEEP = deepMessage();

/** What the default decoder refuses whole. */
function isCode(message: Uint8Array): boolean {
  try {
    decode(message, { buffers: BUFFERS, references: REFERENCES, shared: SHARED });
    return false;
  } catch (error) {
    return String(error).includes("code");
  }
}

describe("hostile bytes", () => {
  test("the corpus itself decodes", () => {
    for (const message of [...CORPUS, DEEP]) expect(survives(message) || isCode(message)).toBe(true);
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
  }, 120_000);

  test("every byte left out, and each doubled", () => {
    for (const message of CORPUS) {
      for (let at = 0; at < message.length; at++) {
        survives(new Uint8Array([...message.subarray(0, at), ...message.subarray(at + 1)]));
        survives(new Uint8Array([...message.subarray(0, at + 1), ...message.subarray(at)]));
      }
    }
    expectStillGood();
  });

  test("mutants of a deep message", () => {
    const random = generator(31);
    for (let round = 0; round < 20_000; round++) {
      const bytes = DEEP.slice();
      bytes[random() % bytes.length] = random();
      bytes[random() % bytes.length] = INTERESTING[random() % INTERESTING.length]!;
      survives(bytes);
    }
    expectStillGood();
  }, 120_000);

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
    // What a class writes of its objects is up to it: a Ring forgets what it does not know. Blobs are not written at once.
    const isOwn = (message: Buffer) => !message.includes("spec.Ring") && !message.includes("text/plain");
    const own = CORPUS.filter(message => isOwn(Buffer.from(message)));
    for (let round = 0; round < 20_000; round++) {
      const bytes = own[random() % own.length]!.slice();
      bytes[random() % bytes.length] = random();
      let value: unknown;
      try {
        value = decode(bytes, { references: [1] });
      } catch {
        continue;
      }
      expectSame(decode(encode(value)), value, { flags: true });
    }
  }, 120_000);

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
  }, 120_000);
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

  test("records in records that each announce all the rest", () => {
    // 60 levels of 149,000 objects, made before their values are read.
    const bytes = announcing(300_000, (put, left) => {
      for (let level = 0; level < 60; level++) {
        put(0xc9, ...be32(left() - 6), 0x08, 0x92, 0xa1, 0x61, 0xa1, 0x62);
        put(0xce, ...be32(149_000 - level * 10));
      }
    });
    const before = process.memoryUsage().rss;
    expect(() => decode(bytes)).toThrow("more than may still come");
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  test("a sparse array with a symbol for an index", () => {
    expect(() => decode(Uint8Array.fromHex("c90000000e1882c0ce000493e0c9000000030a00a161"))).toThrow(DecodeError);
  });

  test("arrays in arrays that each announce all the rest", () => {
    // Each level has 20 arrays of 65,000 elements, of which none ever comes.
    const bytes = announcing(2_000_000, (put, left) => {
      for (let level = 0; level < 60; level++) {
        put(0xc9, ...be32(left() - 6), 0x0c, 4, 20);
        for (let i = 0; i < 20; i++) put(0xe8, 0xfd);
      }
    });
    const before = process.memoryUsage().rss;
    expect(() => decode(bytes)).toThrow(DecodeError);
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  test("references to references: a graph of 2^200 paths is 200 arrays", () => {
    const levels = Array.from({ length: 199 }, (_, i) => [0x92, 0xd4, 0x03, i, 0xd4, 0x03, i]).flat();
    const laughs = [0xdc, 0, 200, 0x90, ...levels.map((byte, i) => (i % 7 === 3 || i % 7 === 6 ? byte + 1 : byte))];
    const bytes = new Uint8Array([0xc8, (laughs.length + 1) >> 8, (laughs.length + 1) & 255, 0x7f, 1, ...laughs]);
    const value = decode(bytes) as [[], ...[object, object][]];
    expect(value.length).toBe(200);
    expect(value[199]![0]).toBe(value[198]!);
    expect(encode(value).length).toBeLessThan(bytes.length * 2);
  });

  test("a million levels of every container", () => {
    const levels = 1_000_000;
    for (const open of [[0x91], [0x81, 0xa1, 0x6b], [0x81, 0x01]]) {
      const bytes = new Uint8Array(levels * open.length + 1).map((_, i) => open[i % open.length]!);
      bytes[levels * open.length] = 0xc0;
      expect(survives(bytes)).toBe(true);
      expect(survives(bytes.subarray(0, -1))).toBe(false);
    }
    const nested = new Uint8Array(levels * 7 + 1);
    for (let i = 0; i < levels; i++) {
      nested.set([0xc9, ...be32(nested.length - (i + 1) * 7 + 1), 0x16, 0x91], i * 7);
    }
    nested[levels * 7] = 0xc0;
    expect(survives(nested)).toBe(true);
    expectStillGood();
  }, 120_000);

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

function be32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
