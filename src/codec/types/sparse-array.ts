import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";

/**
 * Arrays up to here are written slot by slot, holes and all. The engine, too, keeps these as slots however few are filled: a short
 * message could ask for any amount of memory if they were taken in the sparse form.
 */
const DENSE_LENGTH = 100_000;
const SAMPLES = 64;
const MAX_LENGTH = 0xffffffff;

/**
 * Whether an array is mostly holes, so that naming the elements is shorter than naming the holes. Looks at 64 places evenly apart:
 * a guess, but a wrong one costs bytes, never truth.
 */
export function isSparse(array: readonly unknown[]): boolean {
  const length = array.length;
  if (length <= DENSE_LENGTH) return false;
  let holes = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const at = Math.floor((i * (length - 1)) / (SAMPLES - 1));
    if (array[at] === undefined && !Object.hasOwn(array, at)) holes++;
  }
  return holes > SAMPLES / 2;
}

/** What stands for an element that reads as undefined: it may be one, or a hole. */
export function emptiness(array: readonly unknown[], index: number): number {
  return Object.hasOwn(array, index) ? c.CONSTANT_UNDEFINED : c.CONSTANT_HOLE;
}

/** An array that is mostly holes: a map from `null` to the length, then from each index to its element, in ascending order. */
export const sparseArray: Composite<unknown[]> = {
  kind: "composite",
  code: c.EXT_SPARSE_ARRAY,
  prototypes: [],
  pairs: true,
  step: (index, key) => (index % 2 === 0 ? "" : `[${String(key)}]`),
  partsToCreate: 2,

  parts(value) {
    const parts: unknown[] = [null, value.length];
    for (const key of Object.keys(value)) {
      const index = Number(key);
      // Indexes come first and in order; named properties, which an array's encoding leaves out, follow.
      if (!isIndex(index) || String(index) !== key) break;
      parts.push(index, value[index]);
    }
    return parts;
  },

  create([mark, length]) {
    if (mark !== null || !(length === MAX_LENGTH || isIndex(length)) || length <= DENSE_LENGTH) return null;
    const array: unknown[] = [];
    array.length = length;
    return array;
  },

  fill(object, parts) {
    const length = object.length;
    for (let i = 2; i < parts.length; i += 2) {
      const index = parts[i];
      if (!isIndex(index) || index >= length) return false;
      object[index] = parts[i + 1];
    }
    return true;
  },
};

function isIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < MAX_LENGTH;
}
