import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import { isSerialized } from "../serializers.ts";
import { readArrays, writeArrays } from "./arrays.ts";
import { readBackReferences, writeBackReferences } from "./back-references.ts";
import { readDates, writeDates } from "./dates.ts";
import { readNumbers, writeNumbers } from "./numbers.ts";
import { readRecords, writeRecords } from "./records.ts";
import { readTexts, writeTexts } from "./texts.ts";
import { writeViews } from "./views.ts";

/** Nulls that may stand before the value that says what a list is made of. */
const NULLS_PASSED = 1000;

/**
 * Writes values as a packed list; `depth` is where they are. -1, with nothing written, numbered or handed out, if there is none for
 * such values or it would not gain anything.
 */
export function writePacked(
  encoder: Encoder,
  values: readonly unknown[],
  count: number,
  p: number,
  depth: number,
): number {
  let first = values[0];
  for (let i = 1; first === null && i < count && i < NULLS_PASSED; i++) first = values[i];
  if (typeof first === "number") return writeNumbers(encoder, values, count, p);
  if (typeof first === "string") return writeTexts(encoder, values, count, p);
  if (typeof first !== "object" || first === null) return -1;
  if (encoder.memo.find(first) >= 0) return writeBackReferences(encoder, values, count, p);
  if (Array.isArray(first)) return depth >= c.MAX_RECURSION ? -1 : writeArrays(encoder, values, count, p, depth);
  const prototype = Object.getPrototypeOf(first) as unknown;
  if (prototype === Date.prototype) return isSerialized(Date.prototype) ? -1 : writeDates(encoder, values, count, p);
  if (prototype !== Object.prototype || values[0] === null || depth >= c.MAX_RECURSION) return -1;
  return writeRecords(encoder, values, count, p, depth);
}

/** Writes values as a list, packed or one by one. */
export function writeList(
  encoder: Encoder,
  values: readonly unknown[],
  count: number,
  p: number,
  depth: number,
): number {
  const packed = writePacked(encoder, values, count, p, depth);
  if (packed >= 0) return packed;
  p = encoder.writeArrayHeader(count, p);
  const views = writeViews(encoder, values, count, p);
  if (views >= 0) return views;
  for (let i = 0; i < count; i++) p = encoder.write(values[i], p, depth);
  return p;
}

/** Reads the list that comes next; `depth` is where its elements are. */
export function readList(decoder: Decoder, depth: number): unknown[] {
  const start = decoder.p;
  const lead = decoder.readByte();
  decoder.p = start;
  if (!c.isExt(lead)) return readPlain(decoder, depth);
  return readPacked(decoder, depth, -1);
}

/** Reads the packed list that comes next; `slot` is the number kept for the array that it becomes, -1 if it takes none. */
export function readPacked(decoder: Decoder, depth: number, slot: number): unknown[] {
  const start = decoder.p;
  const lead = decoder.readByte();
  if (!c.isExt(lead)) decoder.fail("a packed list is expected", start);
  const size = decoder.readExtSize(lead);
  const code = decoder.readByte();
  const end = decoder.p + size;
  if (end > decoder.end) decoder.truncated();
  if (size === 0) decoder.fail("a packed list without a payload", start);
  switch (code) {
    case c.EXT_NUMBERS:
      return readNumbers(decoder, size);
    case c.EXT_TEXTS:
      return readTexts(decoder, size);
    case c.EXT_DATES:
      return readDates(decoder, size);
    case c.EXT_RECORDS:
      return readRecords(decoder, end, depth, slot);
    case c.EXT_BACK_REFERENCES:
      return readBackReferences(decoder, size);
    case c.EXT_ARRAYS:
      return readArrays(decoder, end, depth, slot);
    default:
      return decoder.fail(`extension type ${code} where a packed list is expected`, start);
  }
}

/** Values one by one. Most of what stands so is booleans, null and small integers: one byte each. */
function readPlain(decoder: Decoder, depth: number): unknown[] {
  const count = decoder.readArrayCount();
  const { bytes, end } = decoder;
  const values: unknown[] = new Array(count);
  let { p } = decoder;
  for (let i = 0; i < count; i++) {
    const lead = p < end ? bytes[p]! : c.ARRAY32;
    if (lead < 0x80) {
      values[i] = lead;
      p++;
    } else if (lead >= c.NIL && lead <= c.TRUE && lead !== 0xc1) {
      values[i] = lead === c.NIL ? null : lead === c.TRUE;
      p++;
    } else {
      decoder.p = p;
      values[i] = decoder.read(depth);
      p = decoder.p;
    }
  }
  decoder.p = p;
  return values;
}
