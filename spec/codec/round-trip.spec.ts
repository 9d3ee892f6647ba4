import { describe, expect, test } from "bun:test";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { decode, encode } from "../../src/codec/index.ts";
import { expectSame } from "./same.ts";
import { anything, bigint, date, holed, number, text, view } from "./values.ts";

function expectRoundTrip(value: unknown): void {
  expectSame(decode(encode(value)), value);
}

describe("round trips", () => {
  test("numbers, to the bit", () => {
    fc.assert(fc.property(number, expectRoundTrip), { numRuns: 2000 });
    for (const value of [0, -0, 2 ** 53 - 1, 1 - 2 ** 53, 2 ** 53, 2 ** 63, 2 ** 64, -(2 ** 31), -(2 ** 31) - 1]) {
      expectRoundTrip(value);
    }
  });

  test("text, lone surrogates included", () => {
    fc.assert(fc.property(text, expectRoundTrip), { numRuns: 2000 });
    for (const value of [
      "",
      "\ud800",
      "a\udc00b",
      "\ufeffmark",
      "\ufffd",
      "\u0000",
      "é".repeat(40),
      "𝒳".repeat(70_000),
    ]) {
      expectRoundTrip(value);
      expectRoundTrip({ [value]: value });
    }
  });

  test("text whose UTF-8 needs a longer header than its length suggests", () => {
    for (const length of [10, 11, 12, 31, 32, 85, 86, 127, 255, 256, 21_846, 65_535, 65_536]) {
      for (const unit of ["a", "é", "語"]) expectRoundTrip(unit.repeat(length));
    }
  });

  test("BigInt of any size stays BigInt", () => {
    fc.assert(fc.property(bigint, expectRoundTrip), { numRuns: 2000 });
    for (const value of [0n, 1n, -1n, 2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n, 2n ** 4096n, -(7n ** 5000n)]) {
      expectRoundTrip(value);
    }
  });

  test("Date, to the ends of time and invalid", () => {
    fc.assert(fc.property(date, expectRoundTrip), { numRuns: 2000 });
    expect((decode(encode(new Date(Number.NaN))) as Date).getTime()).toBeNaN();
  });

  test("views of every kind keep their kind and their elements", () => {
    fc.assert(fc.property(view, expectRoundTrip), { numRuns: 2000 });
    expect(decode(encode(Buffer.from("plasmid")))).toBeInstanceOf(Buffer);
  });

  test("undefined, as a member and as an element, is no hole", () => {
    const back = decode(encode({ a: undefined, b: holed(3, { 0: undefined, 2: 1 }) })) as { a: unknown; b: unknown[] };
    expect("a" in back).toBe(true);
    expect(0 in back.b).toBe(true);
    expect(1 in back.b).toBe(false);
    expect(back.b.length).toBe(3);
  });

  test("holes at the end, and nothing but holes", () => {
    for (const length of [1, 15, 16, 1000, 70_000]) expectRoundTrip(new Array(length));
  });

  test("an array of mostly holes is as short as what it holds", () => {
    for (const length of [100_001, 4_000_000_000, 2 ** 32 - 1]) {
      const sparse: unknown[] = [];
      sparse.length = length;
      sparse[3] = "three";
      sparse[99_999] = [1];
      sparse[length - 1] = undefined;
      const bytes = encode(sparse);
      expect(bytes.length).toBeLessThan(80);
      expectRoundTrip(sparse);
    }
  });

  test("`__proto__` is a key like any other, and pollutes nothing", () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}, "a": [{"__proto__": 1}]}');
    const back = decode(encode(value)) as { polluted?: boolean };
    expectSame(back, value);
    expect(back.polluted).toBeUndefined();
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("an object without prototype stays one, `__proto__` and all", () => {
    const value = Object.assign(Object.create(null), { a: 1 });
    Object.defineProperty(value, "__proto__", { value: 2, enumerable: true, writable: true, configurable: true });
    expectRoundTrip(value);
    expect(Object.getPrototypeOf(decode(encode(Object.create(null))))).toBeNull();
  });

  test("Map and Set keep their order, and keys of any type", () => {
    expectRoundTrip(
      new Map<unknown, unknown>([
        [{ a: 1 }, 1],
        [Number.NaN, 2],
        [undefined, 3],
        ["x", undefined],
        [1n, []],
      ]),
    );
    expectRoundTrip(new Set<unknown>([3, 1, "1", null, new Set(), Number.NaN]));
  });

  test("an array of another context is an array", () => {
    expectSame(decode(encode(runInNewContext("[1, [2]]"))), [1, [2]]);
  });

  test("inherited properties are not members, not even enumerable ones", () => {
    Object.defineProperty(Object.prototype, "stray", { value: 1, enumerable: true, configurable: true });
    try {
      expect(encode({ a: 1 })).toEqual(new Uint8Array([0x81, 0xa1, 0x61, 1]));
    } finally {
      Reflect.deleteProperty(Object.prototype, "stray");
    }
  });

  test("a getter that removes a later member leaves it undefined, and the message whole", () => {
    const value = {
      get a() {
        Reflect.deleteProperty(this, "b");
        return 1;
      },
      b: 2,
      c: 3,
    };
    expectSame(decode(encode(value)), { a: 1, b: undefined, c: 3 });
  });

  test("a getter that shortens its array leaves holes", () => {
    const value: unknown[] = [0, 1, 2, 3];
    Object.defineProperty(value, 0, { get: () => (value.length = 2), enumerable: true });
    expectSame(decode(encode(value)), holed(4, { 0: 2, 1: 1 }));
  });

  test("anything, nested", () => {
    fc.assert(fc.property(anything, expectRoundTrip), { numRuns: 1000 });
  }, 120_000);
});
