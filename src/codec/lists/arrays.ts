import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import { KIND_UINT8 } from "../typed-array.ts";
import { isOrdinaryArray } from "../types/ordinary.ts";
import { emptiness } from "../types/sparse-array.ts";
import { NO_BYTE, NO_WORD, readLengths, sumLengths, writeLongLengths } from "./lengths.ts";

/** Longer arrays than this, on average, are packed by themselves. */
const MAX_MEAN_LENGTH = c.PACKED_MIN;

/**
 * Arrays and nulls: the length of each, then one list of the elements of all. `depth` is where the arrays are. -1, with nothing written
 * or numbered, if something else is among them, one of them was met before, or they are long.
 *
 * All elements are looked at, once, before the first of them is written.
 */
export function writeArrays(
  encoder: Encoder,
  values: readonly unknown[],
  count: number,
  p: number,
  depth: number,
): number {
  const arrays: object[] = [];
  const lengths: number[] = new Array(count);
  const elements = gather(values, count, arrays, lengths);
  // A table of their own costs half as much as adding them to the memo's, which seldom is asked for them.
  if (elements === null || new Set(arrays).size !== arrays.length) return -1;
  if (!encoder.memo.addAll(arrays, Array.prototype, true)) return -1;
  const kindAt = encoder.writeOpenExtHeader(c.EXT_ARRAYS, 0, p);
  let q = encoder.writeUint(count, encoder.writeByte(KIND_UINT8, kindAt));
  q = writeLengths(encoder, lengths, kindAt, q);
  q = encoder.writeList(elements, elements.length, q, depth + 1);
  encoder.closeExt(p, q);
  return q;
}

/** Fills `arrays`, and `lengths`, -1 for null. The elements of all; null if there is no such list of these values. */
function gather(values: readonly unknown[], count: number, arrays: object[], lengths: number[]): unknown[] | null {
  const elements: unknown[] = [];
  let left = count * MAX_MEAN_LENGTH;
  for (let i = 0; i < count; i++) {
    const array = values[i];
    if (array === null) {
      lengths[i] = -1;
      continue;
    }
    if (!Array.isArray(array) || Object.getPrototypeOf(array) !== Array.prototype || !isOrdinaryArray(array))
      return null;
    arrays.push(array);
    const { length } = array;
    lengths[i] = length;
    left -= length;
    if (left < 0 || length >= NO_WORD) return null;
    for (let k = 0; k < length; k++) {
      const element = array[k] as unknown;
      if (element === undefined && emptiness(array, k) === c.CONSTANT_HOLE) return null;
      elements.push(element);
    }
  }
  return elements;
}

function writeLengths(encoder: Encoder, lengths: readonly number[], kindAt: number, p: number): number {
  const count = lengths.length;
  encoder.need(p, count);
  const { bytes } = encoder;
  for (let i = 0; i < count; i++) {
    const length = lengths[i]!;
    if (length >= NO_BYTE) return writeLongLengths(encoder, lengths, kindAt, p);
    bytes[p + i] = length;
  }
  return p + count;
}

/**
 * Arrays and nulls from the payload that ends at `end`. `depth` is where they are, `slot` the number kept for the array that they are in.
 */
export function readArrays(decoder: Decoder, end: number, depth: number, slot: number): (unknown[] | null)[] {
  const start = decoder.p;
  if (depth >= decoder.recursion) decoder.failDepth();
  const lengths = readLengths(decoder);
  const { of, none } = lengths;
  const count = of.length;
  const total = sumLengths(lengths, 0, count);
  // Empty as yet: lists in lists, each of which announces more than ever comes, must not get memory for it.
  const arrays: (unknown[] | null)[] = new Array(count);
  for (let i = 0; i < count; i++) arrays[i] = of[i] === none ? null : decoder.admit<unknown[]>([]);
  if (slot >= 0) decoder.settle(slot, arrays);
  const elements = decoder.readList(depth + 1);
  if (elements.length !== total) decoder.fail(`a list of ${elements.length} values for arrays of ${total}`, start);
  if (decoder.p !== end) decoder.fail("arrays whose contents end elsewhere", start);
  let next = 0;
  for (let i = 0; i < count; i++) {
    const array = arrays[i]!;
    if (array === null) continue;
    for (const behind = next + of[i]!; next < behind; next++) array.push(elements[next]);
  }
  return arrays;
}
