import { describe, expect, test } from "bun:test";
import * as msgpack from "@msgpack/msgpack";
import fc from "fast-check";
import { decode, EncodeError, encode } from "../../src/codec/index.ts";
import { encodeError } from "./refused.ts";
import { expectSame } from "./same.ts";
import { anything, holed, plain } from "./values.ts";

const standard = (value: unknown) => encode(value, { standard: true });

describe("the standard mode", () => {
  test("writes plain data as ever", () => {
    fc.assert(
      fc.property(plain, value => expect(standard(value).toHex()).toBe(encode(value).toHex())),
      { numRuns: 1000 },
    );
  });

  test("writes no extension but timestamps, whatever it is given", () => {
    fc.assert(
      fc.property(anything, value => {
        let bytes: Uint8Array;
        try {
          bytes = standard(value);
        } catch (error) {
          expect(error).toBeInstanceOf(EncodeError);
          return;
        }
        const extensionCodec = { tryToEncode: () => null, decode: onlyTimestamps };
        // Theirs refuses this key.
        if (Buffer.from(bytes).includes("__proto__")) return;
        msgpack.decode(bytes, { extensionCodec: extensionCodec as never, mapKeyConverter: String });
      }),
      { numRuns: 1000 },
    );
  });

  test("writes again what is shared", () => {
    const shared = { a: [1] };
    expectSame(msgpack.decode(standard([shared, shared])), [{ a: [1] }, { a: [1] }]);
  });

  test("writes a Map as a map", () => {
    expectSame(decode(standard(new Map([["a", new Map<unknown, unknown>([[1, 2]])]]))), { a: new Map([[1, 2]]) });
  });

  test("writes a BigInt as an integer", () => {
    expect(decode(standard([5n, -7n]))).toEqual([5, -7]);
    for (const value of [2n ** 53n, 2n ** 64n - 1n, -(2n ** 53n), -(2n ** 63n)]) {
      expect(decode(standard(value))).toBe(value);
      expect(msgpack.decode(standard(value), { useBigInt64: true })).toBe(value);
    }
  });

  test("writes bytes as bin, and an object without prototype as a map", () => {
    const bytes = [Buffer.from("ab"), new Uint8Array([97, 98]), new Uint8Array([97, 98]).buffer];
    for (const value of bytes) expect(standard(value).toHex()).toBe("c4026162");
    expect(standard(Object.assign(Object.create(null), { a: 1 })).toHex()).toBe("81a16101");
  });

  test("reaches 100,000 levels", () => {
    let value: unknown = 1;
    for (let i = 0; i < 100_000; i++) value = i % 2 === 0 ? [value] : { k: value };
    expect(standard(value)).toEqual(encode(value));
  });

  const cycle: { list: unknown[] } = { list: [1] };
  cycle.list.push(cycle);
  const named = Object.assign([1], { name: 1 });
  const detached = new ArrayBuffer(8);
  detached.transfer();
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const refused: [unknown, string, string][] = [
    [{ list: [revoked.proxy] }, "$.list[0]: ", "revoked Proxy"],
    [undefined, "$: ", "undefined"],
    [{ a: [1, undefined] }, "$.a[1]: ", "undefined"],
    [holed(3, { 0: 1, 2: 2 }), "$[1]: ", "a hole"],
    [cycle, "$.list[1]: ", "a cycle"],
    [new Map([["k", new Set([1])]]), '$.get("k"): ', "Set object"],
    [[new Float64Array(2)], "$[0]: ", "Array.from()"],
    [[new DataView(new ArrayBuffer(2))], "$[0]: ", "DataView"],
    ["a\ud800", "$: ", "lone surrogate"],
    [{ "\ud800": 1 }, "$: ", "lone surrogate"],
    [2n ** 64n, "$: ", "64 bits"],
    [-(2n ** 63n) - 1n, "$: ", "64 bits"],
    [new Date(Number.NaN), "$: ", "invalid Date"],
    [new Map([[{}, 1]]), "$: ", "a key"],
    [new Map<unknown, unknown>([[1, 1], [1n, 2]]), "$: ", "the same integer"], // biome-ignore format: a pair is a line
    [{ [Symbol.for("s")]: 1 }, "$: ", "a symbol"],
    [named, "$: ", "named properties"],
    [{ f: () => 1 }, "$.f: ", "a function"],
    [[Symbol("s")], "$[0]: ", "a symbol"],
    [[new (class Lock {})()], "$[0]: ", "Lock object"],
    [new (class Queue extends Array {})(), "$: ", "subclass"],
    [Object.create(Map.prototype), "$: ", "is none"],
    [detached, "$: ", "detached"],
    [/a/, "$: ", "RegExp object"],
  ];
  for (const [value, path, what] of refused) {
    test(`refuses at ${path}${what}`, () => {
      expect(encodeError(value, { standard: true }).message).toStartWith(path);
      expect(encodeError(value, { standard: true }).message).toContain(what);
    });
  }

  test("has no place for buffers and references", () => {
    expect(() => encode(1, { standard: true, buffers: [] })).toThrow(TypeError);
    expect(() => encode(1, { standard: true, references: { index: () => 0 } })).toThrow(TypeError);
  });

  test("passes on what a getter throws", () => {
    const value = {
      get a() {
        throw new TypeError("mine");
      },
    };
    expect(() => standard([new Map([["k", value]])])).toThrow("mine");
  });
});

function onlyTimestamps(_data: Uint8Array, type: number): null {
  expect(type).toBe(-1);
  return null;
}
