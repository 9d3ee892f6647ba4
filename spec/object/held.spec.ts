import { expect, test } from "bun:test";
import { Held, HeldObjects } from "../../src/object/held.ts";
import { ObjectRef } from "../../src/object/ref.ts";

function refOf(slot: number, a = 1): ObjectRef {
  return new ObjectRef(slot, a, 2, 3, 4, null, null);
}

test("found by slot and id, until the buffers are moved away", () => {
  const objects = new HeldObjects();
  const buffers = [new ArrayBuffer(8), new ArrayBuffer(16)];
  objects.add(new Held(refOf(5), new Uint8Array(3), buffers, 0));
  expect(objects.find(Int32Array.of(6, 1, 2, 3, 4))).toBeNull();
  const held = objects.find(Int32Array.of(5, 1, 2, 3, 4));
  const found = held!.buffers()!;
  expect(found[0] === buffers[0] && found[1] === buffers[1]).toBe(true);
  buffers[1]!.transfer();
  expect(held!.buffers()).toBeNull();
});

test("another object in the slot takes the place", () => {
  const objects = new HeldObjects();
  objects.add(new Held(refOf(5), new Uint8Array(3), [new ArrayBuffer(8)], 0));
  expect(objects.find(Int32Array.of(5, 9, 2, 3, 4))).toBeNull();
  expect(objects.find(Int32Array.of(5, 1, 2, 3, 4))).toBeNull();
});

test("the number of records is bounded", () => {
  const objects = new HeldObjects();
  const buffers = [new ArrayBuffer(8)];
  for (let slot = 1; slot <= 5000; slot++) objects.add(new Held(refOf(slot), new Uint8Array(0), buffers, 0));
  expect(objects.find(Int32Array.of(1, 1, 2, 3, 4))).toBeNull();
  expect(objects.find(Int32Array.of(5000, 1, 2, 3, 4))).not.toBeNull();
});

test("what is worth remembering", () => {
  expect(Held.fits(100, 1, 0)).toBe(true);
  expect(Held.fits(100, 0, 0)).toBe(false);
  expect(Held.fits(100, 1, 1)).toBe(false);
  expect(Held.fits(1 << 20, 1, 0)).toBe(false);
});

test("a value that is one typed array needs no decoding", () => {
  for (const type of [Float64Array, Float32Array, Uint8Array, Int32Array, Int16Array, BigInt64Array, Float16Array]) {
    const buffer = new ArrayBuffer(64);
    const value = new type(buffer, 16, 3);
    const held = new Held(refOf(5), new Uint8Array(3), [buffer], 0);
    expect(held.view()).toBeNull();
    held.learn(value);
    const view = held.view() as Float64Array;
    expect(view).toEqual(value as unknown as Float64Array);
    expect(view === (value as unknown)).toBe(false);
    expect(view.buffer === buffer && view.byteOffset === 16).toBe(true);
    buffer.transfer();
    expect(held.view()).toBeNull();
  }
});

test("any other value is decoded", () => {
  const buffer = new ArrayBuffer(64);
  const held = new Held(refOf(5), new Uint8Array(3), [buffer], 0);
  for (const value of [
    5,
    { a: new Uint8Array(buffer) },
    new Uint8Array(64),
    new DataView(buffer),
    Buffer.from(buffer),
  ]) {
    held.learn(value);
    expect(held.view()).toBeNull();
  }
  const two = new Held(refOf(5), new Uint8Array(3), [buffer, buffer], 0);
  two.learn(new Uint8Array(buffer));
  expect(two.view()).toBeNull();
});
