import { describe, expect, test } from "bun:test";
import * as constants from "../../src/codec/constants.ts";
import { DecodeError, Decoder, encode } from "../../src/codec/index.ts";
import { BUFFERS, corpus, generator, INTERESTING, REFERENCES, SHARED } from "./corpus.ts";
import { expectSame } from "./same.ts";

/** A million, unless the run is to be short. */
const MUTANTS = process.env.PLASMID_TEST_QUICK === undefined ? 1_000_000 : 50_000;
const SEED = Number(process.env.PLASMID_FUZZ_SEED ?? 0x9e3779b9);
const UNUSED_TYPE = 126;

const GOOD = {
  rows: [1, { a: "b" }],
  map: new Map([["k", new Set([1n])]]),
  list: Array.from({ length: 70 }, () => 0.5),
};
const GOOD_BYTES = encode(GOOD);
const CORPUS = await corpus();
const decoder = new Decoder({ shared: SHARED });
/** It evaluates code: not for mutants. */
const trusting = new Decoder({ code: true, shared: SHARED });
const limited = new Decoder({ maxDepth: 3, maxElements: 20 });

/** The value, or the DecodeError; any other error is thrown, with the bytes. */
function attempt(bytes: Uint8Array, by: Decoder): unknown {
  try {
    return by.decode(bytes, BUFFERS, REFERENCES);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw new Error(`not a DecodeError for ${bytes.toHex()}`, { cause: error });
    if (error.offset < 0 || error.offset > bytes.length || !error.path.startsWith("$")) {
      throw new Error(`no such place in ${bytes.toHex()}`, { cause: error });
    }
    return error;
  }
}

/** Another message made of one or two of the corpus. */
function mutant(random: () => number): Uint8Array {
  let bytes = CORPUS[random() % CORPUS.length]!.slice();
  for (let changes = 1 + (random() % 4); changes > 0; changes--) {
    if (bytes.length === 0) return bytes;
    const at = random() % bytes.length;
    switch (random() % 9) {
      case 0:
        bytes[at] = random();
        break;
      case 1:
        bytes[at]! ^= 1 << (random() % 8);
        break;
      case 2:
      case 3:
        bytes[at] = INTERESTING[random() % INTERESTING.length]!;
        break;
      case 4:
        bytes.copyWithin(at, random() % bytes.length, random() % bytes.length);
        break;
      case 5:
        bytes = bytes.slice(0, at);
        break;
      case 6:
        bytes = spliced(bytes, at, INTERESTING[random() % INTERESTING.length]!);
        break;
      case 7:
        new DataView(bytes.buffer).setUint8(at, 0xff);
        if (at + 4 <= bytes.length) new DataView(bytes.buffer).setUint32(at, random() >>> (random() % 32));
        break;
      default:
        bytes = crossed(bytes, at, CORPUS[random() % CORPUS.length]!, random());
    }
  }
  return bytes;
}

function spliced(bytes: Uint8Array, at: number, byte: number): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(bytes.length + 1);
  made.set(bytes.subarray(0, at));
  made[at] = byte;
  made.set(bytes.subarray(at), at + 1);
  return made;
}

/** The one's head and the other's tail; its whole, at times. */
function crossed(head: Uint8Array, at: number, tail: Uint8Array, from: number): Uint8Array<ArrayBuffer> {
  const rest = tail.subarray(from % 3 === 0 ? 0 : from % tail.length);
  const made = new Uint8Array(at + rest.length);
  made.set(head.subarray(0, at));
  made.set(rest, at);
  return made;
}

/** What all objects inherit, by name: decoding must add nothing to it. */
function inherited(): string {
  const all = [Object, Array, Map, Set, Date, Function, Uint8Array, Error, Object.getPrototypeOf(Uint8Array)];
  return all.map(({ prototype }) => Reflect.ownKeys(prototype).map(String).join()).join(";");
}

describe("the corpus", () => {
  const types = Object.entries(constants).filter(([name]) => /^EXT_/.test(name)) as [string, number][];

  test("knows all extension types", () => expect(types.length).toBeGreaterThan(15));

  for (const [name, type] of types) {
    // One that has a number already, and nothing else.
    const isPlanned = String(attempt(new Uint8Array([0xc7, 1, type, 0]), trusting)).includes("unknown extension");
    test.skipIf(isPlanned)(`holds ${name}`, () => {
      const held = CORPUS.some(message =>
        message.some((byte, at) => {
          if (byte !== type || at < 2) return false;
          const changed = message.slice();
          changed[at] = UNUSED_TYPE;
          const found = attempt(changed, trusting);
          // The byte was an extension's type if it is refused as one.
          return found instanceof DecodeError && found.message.includes(`type ${UNUSED_TYPE}`);
        }),
      );
      expect(held).toBe(true);
    });
  }
});

describe("hostile bytes, seeded", () => {
  test(`${MUTANTS} mutants of the corpus, seed ${SEED}`, () => {
    const random = generator(SEED);
    const before = inherited();
    const rss = process.memoryUsage().rss;
    let decoded = 0;
    for (let round = 0; round < MUTANTS; round++) {
      const bytes = mutant(random);
      const value = attempt(bytes, decoder);
      if (!(value instanceof DecodeError)) decoded++;
      if (round % 16 === 0) attempt(bytes, limited);
      if (round % 1000 === 0) expectSame(decoder.decode(GOOD_BYTES), GOOD);
    }
    // Neither all nor none, or the mutants test nothing.
    expect(decoded).toBeGreaterThan(MUTANTS / 50);
    expect(decoded).toBeLessThan(MUTANTS * 0.9);
    expect(inherited()).toBe(before);
    expect(process.memoryUsage().rss - rss).toBeLessThan(600e6);
  }, 120_000);
});
