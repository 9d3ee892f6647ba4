import { expect, test } from "bun:test";
import fc from "fast-check";
import { DecodeError, Decoder, decode, encode } from "../../src/codec/index.ts";
import { expectSame } from "./same.ts";

// Texts of a message that is not small are cut from windows of it.

const text = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: "binary", maxLength: 40 }));

test("texts of any length, beside bytes of any length", () => {
  const part = fc.oneof(
    text,
    fc.uint8Array({ maxLength: 3000 }),
    fc.double(),
    fc.dictionary(text, text, { maxKeys: 4 }),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 30, maxLength: 60 }), parts => {
      expectSame(decode(encode(parts)), parts);
    }),
  );
});

test("messages of which one begins where another ended", () => {
  const decoder = new Decoder();
  const all = new Uint8Array(20_000);
  for (let i = 0; i < 5; i++) {
    const value = Array.from({ length: 60 }, (_, n) => `message ${i}, text ${n}, ${"x".repeat(n)}`);
    const bytes = encode(value);
    all.set(bytes, i * 7);
    expect(decoder.decodeFrom(all, i * 7, i * 7 + bytes.length, null, null)).toEqual(value);
  }
});

test("text that is cut off or no UTF-8, far from the start", () => {
  const bytes = encode(Array.from({ length: 60 }, (_, n) => `text ${n}, somewhat longer than short`));
  expect(() => decode(bytes.subarray(0, bytes.length - 1))).toThrow(DecodeError);
  bytes[bytes.length - 1] = 0xff;
  expect(() => decode(bytes)).toThrow(/not UTF-8/);
});
