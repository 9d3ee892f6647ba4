import { estimateShallowMemoryUsageOf } from "bun:jsc";

// Whether an object is no more than its type: no properties that the type does not write, and extensible. Every object is asked, so it
// must cost little; listing an array's keys takes 70 ns and 40 more for each element. The engine's estimate of what an object takes by
// itself counts the properties that are kept outside of it, which for anything but plain objects is all that are named, in 8 ns.

const bytesOf = estimateShallowMemoryUsageOf as (value: object) => number;

/** What one object of a kind takes with no properties; 0 if this engine's estimate does not count properties. */
export function cellBytes(make: () => object): number {
  const bare = make();
  if (ArrayBuffer.isView(bare)) void bare.buffer;
  const before = bytesOf(bare);
  Object.defineProperty(bare, "named", { value: 1 });
  return bytesOf(bare) > before ? before : 0;
}

const arrayBytes = cellBytes(() => [1, 2, 3]);

/** Whether an array has neither named properties nor a lock on it. */
export function isOrdinaryArray(array: readonly unknown[]): boolean {
  return bytesOf(array) === arrayBytes && Object.isExtensible(array);
}

/** Whether a plain object with this many enumerable properties named by text has no others, nor a lock on it. */
export function isOrdinaryObject(object: object, count: number): boolean {
  return Reflect.ownKeys(object).length === count && Object.isExtensible(object);
}

/** Whether an object that takes `bytes` if it is bare is so, and extensible. False may also mean that it can't be told cheaply. */
export function isOrdinaryCell(object: object, bytes: number): boolean {
  return bytesOf(object) === bytes && Object.isExtensible(object);
}
