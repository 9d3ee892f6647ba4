import { expect, test } from "bun:test";
import { Held, HeldObjects } from "../../src/object/held.ts";
import { ObjectRef } from "../../src/object/ref.ts";

function refOf(slot: number, a = 1): ObjectRef {
  return new ObjectRef(slot, a, 2, 3, 4, null, null);
}

test("found by slot and id, until the buffers are moved away", () => {
  const objects = new HeldObjects();
  const buffers = [new ArrayBuffer(8), new ArrayBuffer(16)];
  objects.add(new Held(refOf(5), new Uint8Array(3), buffers));
  expect(objects.find(Int32Array.of(6, 1, 2, 3, 4))).toBeNull();
  const held = objects.find(Int32Array.of(5, 1, 2, 3, 4));
  const into: ArrayBuffer[] = [];
  expect(held?.gather(into)).toBe(true);
  expect(into[0] === buffers[0] && into[1] === buffers[1]).toBe(true);
  buffers[1]!.transfer();
  expect(held?.gather(into)).toBe(false);
});

test("another object in the slot takes the place", () => {
  const objects = new HeldObjects();
  objects.add(new Held(refOf(5), new Uint8Array(3), [new ArrayBuffer(8)]));
  expect(objects.find(Int32Array.of(5, 9, 2, 3, 4))).toBeNull();
  expect(objects.find(Int32Array.of(5, 1, 2, 3, 4))).toBeNull();
});

test("the number of records is bounded", () => {
  const objects = new HeldObjects();
  const buffers = [new ArrayBuffer(8)];
  for (let slot = 1; slot <= 5000; slot++) objects.add(new Held(refOf(slot), new Uint8Array(0), buffers));
  expect(objects.find(Int32Array.of(1, 1, 2, 3, 4))).toBeNull();
  expect(objects.find(Int32Array.of(5000, 1, 2, 3, 4))).not.toBeNull();
});

test("what is worth remembering", () => {
  expect(Held.fits(100, 1, 0)).toBe(true);
  expect(Held.fits(100, 0, 0)).toBe(false);
  expect(Held.fits(100, 1, 1)).toBe(false);
  expect(Held.fits(1 << 20, 1, 0)).toBe(false);
});
