import { estimateShallowMemoryUsageOf } from "bun:jsc";

// Whether an object is no more than its type: no properties that the type does not write, and extensible. Every object is asked, so it
// must cost little. The keys of most are listed in 10 ns, for the engine keeps them with the object's structure; not those of arrays:
// 70 ns, and 40 more for each element. There the engine's estimate of what an object takes by itself helps: of an array it counts the
// properties that are no elements, in 8 ns.

const bytesOf = estimateShallowMemoryUsageOf as (value: object) => number;

/** What an array, or view, takes that has elements alone; 0 if this engine's estimate does not tell. */
function bytesOfBare(make: () => object): number {
  const bare = make();
  if (ArrayBuffer.isView(bare)) void bare.buffer;
  const before = bytesOf(bare);
  Object.defineProperty(bare, "named", { value: 1 });
  return bytesOf(bare) > before ? before : 0;
}

const ARRAY_BYTES = bytesOfBare(() => [1, 2, 3]);
const TYPED_ARRAY_BYTES = bytesOfBare(() => new Uint8Array(1));

/** Whether an array has neither named properties nor a lock on it. False may also mean that it can't be told cheaply. */
export function isOrdinaryArray(array: readonly unknown[]): boolean {
  return bytesOf(array) === ARRAY_BYTES && Object.isExtensible(array);
}

/** The same of a typed array. Once its buffer was asked for, it takes as much whatever its length. */
export function isOrdinaryTypedArray(array: ArrayBufferView): boolean {
  void array.buffer;
  return isOrdinaryOnceAsked(array);
}

/** The same of a typed array whose buffer was just asked for. */
export function isOrdinaryOnceAsked(array: ArrayBufferView): boolean {
  return bytesOf(array) === TYPED_ARRAY_BYTES && Object.isExtensible(array);
}

/** Whether a plain object with this many enumerable properties named by text has no others, nor a lock on it. */
export function isOrdinaryObject(object: object, count: number): boolean {
  return Reflect.ownKeys(object).length === count && Object.isExtensible(object);
}

/** Whether an object has no properties at all, nor a lock on it. */
export function hasNothingOfItsOwn(object: object): boolean {
  return Reflect.ownKeys(object).length === 0 && Object.isExtensible(object);
}
