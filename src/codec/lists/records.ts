import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import { type Column, Shape } from "../shapes/shape.ts";
import { areDistinct } from "./distinct.ts";

/** Of one key alone there is little to gain, and see `readRecords`. */
const MIN_KEYS = 2;
const MAX_KEYS = 1000;

/**
 * Plain objects with the same keys in the same order: the keys once, then for each key the list of values. `depth` is where the objects
 * are. -1, with nothing written or numbered, if something else is among them or one of them was met before.
 */
export function writeRecords(
  encoder: Encoder,
  values: readonly unknown[],
  count: number,
  p: number,
  depth: number,
): number {
  const keys = Object.keys(values[0] as object);
  if (keys.length < MIN_KEYS || keys.length > MAX_KEYS || keys.includes("__proto__")) return -1;
  if (!hasKeys(values[count - 1], keys.length) || !hasKeys(values[count >> 1], keys.length)) return -1;
  const columns: Column[] = keys.map(() => new Array(count));
  const objects = Shape.of(keys).gather(values, count, columns);
  if (objects === null) return -1;
  const distinct = areDistinct(objects, columns);
  if (distinct === false || !encoder.memo.addAll(objects, Object.prototype, distinct === true)) return -1;
  let q = encoder.writeArrayHeader(keys.length, encoder.writeOpenExtHeader(c.EXT_RECORDS, 0, p));
  for (const key of keys) q = encoder.writeString(key, q);
  q = encoder.writeUint(count, q);
  for (const column of columns) q = encoder.writeList(column, count, q, depth + 1);
  encoder.closeExt(p, q);
  return q;
}

/** A quick look, so that a long list of different things is not gone through in vain. */
function hasKeys(value: unknown, count: number): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === count;
}

/**
 * Records from the payload that ends at `end`. `depth` is where they are, `slot` the number kept for the array that they are in.
 *
 * A record takes no byte of its own, only its values do. As it has two of them at least, there can't be more records than bytes,
 * however they are nested.
 */
export function readRecords(decoder: Decoder, end: number, depth: number, slot: number): object[] {
  const start = decoder.p;
  if (depth >= decoder.recursion) decoder.failDepth();
  const keys = readKeys(decoder);
  const count = decoder.readUint();
  // Each list claims its own elements again. Until it does they stay claimed, for the objects are made before: records in records
  // that never come could else ask for all there is, level by level.
  decoder.claim(count * keys.length);
  const shape = Shape.of(keys);
  const objects = decoder.isGraph ? shape.shells(count) : null;
  if (objects !== null) {
    decoder.admitAll(objects);
    if (slot >= 0) decoder.settle(slot, objects);
  }
  const columns: Column[] = new Array(keys.length);
  for (let k = 0; k < keys.length; k++) {
    const at = decoder.p;
    decoder.unclaim(count);
    const column = decoder.readList(depth + 1);
    if (column.length !== count) decoder.fail(`a list of ${column.length} values for ${count} records`, at);
    columns[k] = column;
  }
  if (decoder.p !== end) decoder.fail("records whose contents end elsewhere", start);
  if (objects === null) return shape.build(columns, count);
  shape.fill(objects, columns);
  return objects;
}

function readKeys(decoder: Decoder): string[] {
  const start = decoder.p;
  const count = decoder.readArrayCount();
  if (count < MIN_KEYS) decoder.fail(`records of ${count} keys; they have ${MIN_KEYS} at least`, start);
  const keys: string[] = new Array(count);
  for (let k = 0; k < count; k++) keys[k] = decoder.readKey() ?? decoder.fail("a key that is no text");
  if (new Set(keys).size !== count) decoder.fail("records with a key that stands twice", start);
  return keys;
}
