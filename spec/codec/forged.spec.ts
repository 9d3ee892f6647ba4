import { describe, expect, test } from "bun:test";
import { DecodeError, decode, encode } from "../../src/codec/index.ts";
import { Point, Registry, Stack } from "./sample-classes.ts";

/** The bytes of a value, with the name of one class in place of another of the same length. */
function renamed(value: unknown, from: string, to: string): Uint8Array {
  const text = encode(value).toHex();
  expect(text).toContain(hex(from));
  const size = (name: string) => (0xa0 | name.length).toString(16) + hex(name);
  return Uint8Array.fromHex(text.replaceAll(size(from), size(to)));
}

const hex = (text: string) => Buffer.from(text).toString("hex");

describe("a message can't make what only looks like an object of the engine's classes", () => {
  test("a plain object with the prototype of a Map", () => {
    const instance = encode(new Point(1, 2));
    const name = hex("spec.Point");
    const at = instance.toHex().indexOf(name) / 2;
    const other = Buffer.from("spec.Stack");
    expect(other.length).toBe(name.length / 2);
    const forged = instance.slice();
    forged.set(other, at);
    expect(() => decode(forged)).toThrow(DecodeError);
  });

  test("an array with the prototype of an object, and the other way round", () => {
    expect(() => decode(renamed(Stack.from([1]), "spec.Stack", "spec.Point"))).toThrow(DecodeError);
    expect(decode(encode(Stack.from([1])))).toBeInstanceOf(Stack);
    expect(decode(encode(new Registry()))).toBeInstanceOf(Registry);
  });
});
