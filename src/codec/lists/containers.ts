import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import { sizeOfMap } from "../types/collections.ts";
import { readList, readPacked, writeList, writePacked } from "./list.ts";

/** The containers that packed lists stand in. Their objects have their numbers already; -1, with nothing written, if it does not pay. */

/** An array. */
export function writePackedArray(encoder: Encoder, array: readonly unknown[], p: number, depth: number): number {
  const q = writePacked(encoder, array, array.length, encoder.writeOpenExtHeader(c.EXT_PACKED_ARRAY, 0, p), depth);
  if (q >= 0) encoder.closeExt(p, q);
  return q;
}

/** A Map. */
export function writePackedMap(encoder: Encoder, map: Map<unknown, unknown>, p: number, depth: number): number {
  const count = sizeOfMap(map);
  const keys: unknown[] = new Array(count);
  const values: unknown[] = new Array(count);
  // Half the time of `forEach`.
  let i = 0;
  for (const key of mapKeys.call(map)) keys[i++] = key;
  if (!isScalar(keys[0])) return -1;
  i = 0;
  for (const value of mapValues.call(map)) values[i++] = value;
  let q = writePacked(encoder, keys, count, encoder.writeOpenExtHeader(c.EXT_PACKED_MAP, 0, p), depth);
  if (q < 0) return -1;
  q = writeList(encoder, values, count, q, depth);
  encoder.closeExt(p, q);
  return q;
}

/** A Set, of its members. */
export function writePackedSet(encoder: Encoder, members: readonly unknown[], p: number, depth: number): number {
  if (!isScalar(members[0])) return -1;
  const q = writePacked(encoder, members, members.length, encoder.writeOpenExtHeader(c.EXT_PACKED_SET, 0, p), depth);
  if (q >= 0) encoder.closeExt(p, q);
  return q;
}

// A class that extends Map may say otherwise.
const mapKeys = Map.prototype.keys;
const mapValues = Map.prototype.values;

/** A list that starts with one of these holds nothing that could refer to the Map or Set which is being made. */
function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number";
}

/** Readers by extension type; `depth` is where the container is. */
export const packedReaders: ReadonlyMap<number, (decoder: Decoder, depth: number) => object> = new Map<
  number,
  (decoder: Decoder, depth: number) => object
>([
  [c.EXT_PACKED_ARRAY, readPackedArray],
  [c.EXT_PACKED_MAP, readPackedMap],
  [c.EXT_PACKED_SET, readPackedSet],
]);

function readPackedArray(decoder: Decoder, depth: number): unknown[] {
  const slot = decoder.reserve();
  const array = readPacked(decoder, depth + 1, slot);
  if (slot >= 0) decoder.settle(slot, array);
  return array;
}

function readPackedMap(decoder: Decoder, depth: number): Map<unknown, unknown> {
  const start = decoder.p;
  const map = decoder.admit(new Map<unknown, unknown>());
  const keys = readList(decoder, depth + 1);
  const values = readList(decoder, depth + 1);
  const count = keys.length;
  if (values.length !== count) decoder.fail(`a Map of ${count} keys and ${values.length} values`, start);
  for (let i = 0; i < count; i++) map.set(keys[i], values[i]);
  if (map.size !== count) decoder.fail("a Map with a key that stands twice", start);
  return map;
}

function readPackedSet(decoder: Decoder, depth: number): Set<unknown> {
  const start = decoder.p;
  const set = decoder.admit(new Set<unknown>());
  const members = readList(decoder, depth + 1);
  for (let i = 0; i < members.length; i++) set.add(members[i]);
  if (set.size !== members.length) decoder.fail("a Set with a member that stands twice", start);
  return set;
}
