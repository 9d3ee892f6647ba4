import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import {
  ELEMENT_BYTES,
  KIND_FLOAT64,
  KIND_INT8,
  KIND_INT16,
  KIND_INT32,
  KIND_UINT8,
  KIND_UINT16,
} from "../typed-array.ts";

/** Integers on their way from the one look at each to as few bytes as hold them all. */
let integers: Int32Array | null = null;
const LEAST_INTEGERS = 1024;
const KEPT_INTEGERS = 1 << 16;

/**
 * Numbers as the elements of one typed array: integers in the narrowest that holds them all, or doubles. -1, with nothing written, if
 * something else is among them, or if plain MessagePack is shorter.
 *
 * Each element is looked at once, for an accessor may answer differently when asked again.
 */
export function writeNumbers(encoder: Encoder, values: readonly unknown[], count: number, p: number): number {
  let kept = integers;
  if (kept === null || kept.length < count) kept = new Int32Array(Math.max(count, LEAST_INTEGERS));
  // Taken while in use: an accessor among the elements may encode other numbers.
  integers = null;
  let least = 0;
  let most = 0;
  let i = 0;
  for (; i < count; i++) {
    const value = values[i];
    if (typeof value !== "number" || (value | 0) !== value || (value === 0 && Object.is(value, -0))) break;
    kept[i] = value;
    if (value > most) most = value;
    else if (value < least) least = value;
  }
  if (i === count) p = writeIntegers(encoder, kept, count, least, most, p);
  else p = writeDoubles(encoder, values, count, kept, i, p);
  if (kept.length <= KEPT_INTEGERS) integers = kept;
  return p;
}

function writeIntegers(
  encoder: Encoder,
  from: Int32Array,
  count: number,
  least: number,
  most: number,
  p: number,
): number {
  // One byte each, as plain MessagePack has them.
  if (least >= -0x20 && most < 0x80) return -1;
  const kind = narrowest(least, most);
  let q = writeHeader(encoder, kind, count, p);
  const { bytes, view } = encoder;
  if (ELEMENT_BYTES[kind] === 1) {
    for (let i = 0; i < count; i++) bytes[q++] = from[i]!;
  } else if (ELEMENT_BYTES[kind] === 2) {
    for (let i = 0; i < count; i++, q += 2) view.setInt16(q, from[i]!, true);
  } else {
    for (let i = 0; i < count; i++, q += 4) view.setInt32(q, from[i]!, true);
  }
  return q;
}

function narrowest(least: number, most: number): number {
  if (least >= -0x80 && most < 0x80) return KIND_INT8;
  if (least >= 0 && most < 0x100) return KIND_UINT8;
  if (least >= -0x8000 && most < 0x8000) return KIND_INT16;
  if (least >= 0 && most < 0x10000) return KIND_UINT16;
  return KIND_INT32;
}

/** Doubles, the first `known` of which are integers that were looked at already. */
function writeDoubles(
  encoder: Encoder,
  values: readonly unknown[],
  count: number,
  from: Int32Array,
  known: number,
  p: number,
): number {
  let q = writeHeader(encoder, KIND_FLOAT64, count, p);
  const { view } = encoder;
  for (let i = 0; i < known; i++, q += 8) view.setFloat64(q, from[i]!, true);
  let wide = 0;
  for (let i = known; i < count; i++, q += 8) {
    const value = values[i];
    if (typeof value !== "number") return -1;
    if ((value | 0) !== value) wide++;
    view.setFloat64(q, value, true);
  }
  // Small integers are mostly shorter one by one, even beside some that take nine bytes.
  return wide * 2 >= count ? q : -1;
}

function writeHeader(encoder: Encoder, kind: number, count: number, p: number): number {
  const bytes = count * ELEMENT_BYTES[kind]!;
  const q = encoder.writeByte(kind, encoder.writeExtHeader(c.EXT_NUMBERS, bytes + 1, p));
  encoder.need(q, bytes);
  return q;
}

/** Numbers from the payload of `size` bytes at `decoder.p`. */
export function readNumbers(decoder: Decoder, size: number): number[] {
  const start = decoder.p;
  const kind = decoder.readByte();
  const width = ELEMENT_BYTES[kind];
  const count = (size - 1) / (width ?? 1);
  if (!Number.isInteger(count)) decoder.fail(`${size - 1} bytes are no whole number of elements`, start);
  decoder.claim(count);
  decoder.p = start + size;
  const p = start + 1;
  if (kind === KIND_FLOAT64) return readDoubles(decoder.dataView(), p, count);
  if (kind === KIND_UINT8 || kind === KIND_INT8) return readBytes(decoder.bytes, p, count, kind === KIND_INT8);
  if (kind === KIND_INT16) return readShorts(decoder.dataView(), p, count);
  if (kind === KIND_UINT16) return readWords(decoder.dataView(), p, count);
  if (kind === KIND_INT32) return readInts(decoder.dataView(), p, count);
  return decoder.fail(`a list of numbers of kind ${kind}`, start);
}

// One function a kind: so each makes arrays of one sort only, and the compiler knows which.

/** Four at a time, which takes three quarters of the time. */
function readDoubles(view: DataView, p: number, count: number): number[] {
  const numbers: number[] = new Array(count);
  let i = 0;
  for (const fours = count - (count % 4); i < fours; i += 4, p += 32) {
    numbers[i] = view.getFloat64(p, true);
    numbers[i + 1] = view.getFloat64(p + 8, true);
    numbers[i + 2] = view.getFloat64(p + 16, true);
    numbers[i + 3] = view.getFloat64(p + 24, true);
  }
  for (; i < count; i++, p += 8) numbers[i] = view.getFloat64(p, true);
  return numbers;
}

function readBytes(bytes: Uint8Array, p: number, count: number, signed: boolean): number[] {
  const numbers: number[] = new Array(count);
  const shift = signed ? 24 : 0;
  for (let i = 0; i < count; i++) numbers[i] = (bytes[p + i]! << shift) >> shift;
  return numbers;
}

function readShorts(view: DataView, p: number, count: number): number[] {
  const numbers: number[] = new Array(count);
  for (let i = 0; i < count; i++, p += 2) numbers[i] = view.getInt16(p, true);
  return numbers;
}

function readWords(view: DataView, p: number, count: number): number[] {
  const numbers: number[] = new Array(count);
  for (let i = 0; i < count; i++, p += 2) numbers[i] = view.getUint16(p, true);
  return numbers;
}

function readInts(view: DataView, p: number, count: number): number[] {
  const numbers: number[] = new Array(count);
  for (let i = 0; i < count; i++, p += 4) numbers[i] = view.getInt32(p, true);
  return numbers;
}
