import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import { readText } from "../text.ts";
import { KIND_UINT8, KIND_UINT16 } from "../typed-array.ts";

/** Longer ones than this, in units of all together or on average, gain nothing and are written one by one. */
const MAX_UNITS = 1 << 24;
const MAX_MEAN_UNITS = 512;
/** Texts that are cut from one string keep all of it alive; so it is cut into strings of this many texts first. */
const WINDOW = 64;

const ucs2Write = Buffer.prototype.ucs2Write as (
  this: Uint8Array,
  text: string,
  offset: number,
  length: number,
) => number;
const ucs2Slice = Buffer.prototype.ucs2Slice as (this: Uint8Array, start: number, end: number) => string;
const utf8Slice = Buffer.prototype.utf8Slice as (this: Uint8Array, start: number, end: number) => string;

/**
 * Texts and nulls: the length of each in UTF-16 units, then all of them as one text. One native call for many texts costs less than one
 * each. -1, with nothing written, if something else is among them.
 */
export function writeTexts(encoder: Encoder, values: readonly unknown[], count: number, p: number): number {
  const texts: (string | null)[] = new Array(count);
  const lengths = encoder.writeUint(
    count,
    encoder.writeByte(KIND_UINT8, encoder.writeOpenExtHeader(c.EXT_TEXTS, 0, p)),
  );
  encoder.need(lengths, count);
  const bytes = encoder.bytes;
  let most = 0;
  let units = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (typeof value === "string") {
      const { length } = value;
      texts[i] = value;
      bytes[lengths + i] = length;
      units += length;
      if (length > most) most = length;
    } else {
      if (value !== null) return -1;
      texts[i] = null;
      bytes[lengths + i] = 0xff;
    }
  }
  if (units > MAX_UNITS || units > count * MAX_MEAN_UNITS || most >= 0xffff) return -1;
  let q = lengths + count;
  if (most >= 0xff) q = writeLongLengths(encoder, texts, p + 6, lengths);
  // Nulls join as nothing.
  q = encoder.writeUtf8(texts.join(""), q);
  if (q < 0) return -1;
  encoder.closeExt(p, q);
  return q;
}

/** Two bytes for each length, after all. */
function writeLongLengths(encoder: Encoder, texts: readonly (string | null)[], kindAt: number, p: number): number {
  const count = texts.length;
  encoder.need(p, count * 2);
  const { view } = encoder;
  encoder.bytes[kindAt] = KIND_UINT16;
  for (let i = 0; i < count; i++) view.setUint16(p + i * 2, texts[i]?.length ?? 0xffff, true);
  return p + count * 2;
}

/** Texts and nulls from the payload of `size` bytes at `decoder.p`. */
export function readTexts(decoder: Decoder, size: number): (string | null)[] {
  const start = decoder.p;
  const end = start + size;
  const kind = decoder.readByte();
  if (kind !== KIND_UINT8 && kind !== KIND_UINT16) decoder.fail(`lengths of texts of kind ${kind}`, start);
  const count = decoder.readUint();
  decoder.claim(count);
  const lengths = readLengths(decoder, kind, count);
  let units = 0;
  for (let i = 0; i < count; i++) units += Math.max(lengths[i]!, 0);
  const body = decoder.p;
  const bytes = decoder.readTextSize();
  const p = decoder.p;
  if (p + bytes !== end) decoder.fail("a list of texts whose contents end elsewhere", start);
  decoder.p = end;
  if (bytes === units)
    return cutAscii(decoder, lengths, p) ?? decoder.fail("texts of other lengths than announced", body);
  const text = readText(decoder.bytes, p, end) ?? decoder.fail("text that is not UTF-8", p);
  if (text.length !== units) decoder.fail("texts of other lengths than announced", body);
  return cutWide(text, lengths);
}

/** The lengths, -1 for null. */
function readLengths(decoder: Decoder, kind: number, count: number): Int32Array {
  const { p } = decoder;
  const width = kind === KIND_UINT8 ? 1 : 2;
  if (decoder.end - p < count * width) decoder.truncated();
  decoder.p = p + count * width;
  const { bytes } = decoder;
  const lengths = new Int32Array(count);
  if (width === 1) {
    for (let i = 0; i < count; i++) lengths[i] = bytes[p + i] === 0xff ? -1 : bytes[p + i]!;
  } else {
    const view = decoder.dataView();
    for (let i = 0; i < count; i++) {
      const length = view.getUint16(p + i * 2, true);
      lengths[i] = length === 0xffff ? -1 : length;
    }
  }
  return lengths;
}

/** Texts from ASCII at `p`; null if they are not. */
function cutAscii(decoder: Decoder, lengths: Int32Array, p: number): (string | null)[] | null {
  const count = lengths.length;
  const texts: (string | null)[] = new Array(count);
  for (let i = 0; i < count; ) {
    const behind = Math.min(i + WINDOW, count);
    const units = sum(lengths, i, behind);
    const window = utf8Slice.call(decoder.bytes, p, p + units);
    // Bytes that are no UTF-8 come back as one unit each, too.
    if (window.length !== units || window.includes("\uFFFD")) return null;
    p += units;
    for (let at = 0; i < behind; i++) {
      const length = lengths[i]!;
      texts[i] = length < 0 ? null : window.substring(at, at + length);
      if (length > 0) at += length;
    }
  }
  return texts;
}

/** Texts from one that holds them all. A window of UTF-16 is what can be copied out of it, so that its other parts can be forgotten. */
function cutWide(text: string, lengths: Int32Array): (string | null)[] {
  const count = lengths.length;
  const utf16 = new Uint8Array(text.length * 2);
  ucs2Write.call(utf16, text, 0, utf16.length);
  const texts: (string | null)[] = new Array(count);
  for (let i = 0, p = 0; i < count; ) {
    const behind = Math.min(i + WINDOW, count);
    const units = sum(lengths, i, behind);
    const window = ucs2Slice.call(utf16, p, p + units * 2);
    p += units * 2;
    for (let at = 0; i < behind; i++) {
      const length = lengths[i]!;
      texts[i] = length < 0 ? null : window.substring(at, at + length);
      if (length > 0) at += length;
    }
  }
  return texts;
}

function sum(lengths: Int32Array, start: number, end: number): number {
  let units = 0;
  for (let i = start; i < end; i++) if (lengths[i]! > 0) units += lengths[i]!;
  return units;
}
