import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { decode, encode, register, unregister } from "../../src/codec/index.ts";
import { expectSame } from "./same.ts";
import { holed } from "./values.ts";

const DOCUMENT = readFileSync(new URL("../../docs/format.md", import.meta.url), "utf8");
const EXAMPLE = /^(\S.*?) {2,}((?:[0-9a-f]{2} ?)+)$/gm;
const READ_ONLY = /^((?:[0-9a-f]{2} )+) *=> +(.+)$/gm;

class Point {
  constructor(readonly x: number) {}
}

/** What the examples call. */
const scope = {
  Point,
  holed,
  twice: (value: unknown) => [value, value],
  row: (count: number, make: (i: number) => unknown) => Array.from({ length: count }, (_, i) => make(i)),
  linked: () => {
    const records: { a: number; b: unknown }[] = [
      { a: 1, b: null },
      { a: 2, b: null },
    ];
    records[0]!.b = records[1];
    return records;
  },
  twoViews: () => {
    const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    return [bytes.subarray(0, 2), new Uint16Array(bytes.buffer, 2, 3)];
  },
};

beforeAll(() => void register("Point", Point));
afterAll(() => unregister("Point"));

describe("docs/format.md", () => {
  const examples = [...DOCUMENT.matchAll(EXAMPLE)];

  test("has examples", () => expect(examples.length).toBeGreaterThan(18));

  for (const [, expression, hex] of examples) {
    test(`${expression} is ${hex}`, () => {
      const value = evaluate(expression!);
      const bytes = Uint8Array.fromHex(hex!.replaceAll(" ", ""));
      expect(encode(value, { code: true, errorStacks: false }).toHex()).toBe(bytes.toHex());
      if (typeof value === "function") expect(String(decode(bytes, { code: true }))).toBe(String(value));
      else expectSame(decode(bytes), value);
    });
  }

  const readOnly = [...DOCUMENT.matchAll(READ_ONLY)];

  test("has examples that only decode", () => expect(readOnly.length).toBeGreaterThan(6));

  for (const [, hex, expression] of readOnly) {
    test(`${hex} is ${expression}`, () => {
      expectSame(decode(Uint8Array.fromHex(hex!.replaceAll(" ", ""))), evaluate(expression!));
    });
  }
});

function evaluate(expression: string): unknown {
  return new Function(...Object.keys(scope), `return (${expression});`)(...Object.values(scope));
}
