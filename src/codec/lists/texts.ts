import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import { readText, utf8Length } from "../text.ts";
import { KIND_UINT8 } from "../typed-array.ts";
import { type Lengths, NO_BYTE, NO_WORD, readLengths, sumLengths, writeLongLengths } from "./lengths.ts";

/** Longer ones than this, in units of all together or on average, gain nothing and are written one by one. */
const MAX_UNITS = 1 << 24;
const MAX_MEAN_UNITS = 512;
/** Up to this mean of some of them, joining costs more than taking each unit. */
const SHORT_UNITS = 16;
const LOOKS = 16;
/** Texts that are cut from one string keep all of it alive; so it has no more texts than this, or bytes unless a text itself has more. */
const WINDOW = 128;
const WINDOW_BYTES = 4096;
/** Of a character of UTF-8 there are so many bytes at most behind its first. */
const MAX_TRAIL = 3;

const utf8Slice = Buffer.prototype.utf8Slice as (this: Uint8Array, start: number, end: number) => string;

/**
 * Texts and nulls: the length of each in UTF-16 units, then all of them as one text. -1, with nothing written, if something else is among
 * them.
 */
export function writeTexts(encoder: Encoder, values: readonly unknown[], count: number, p: number): number {
  const short = areShort(values, count) ? writeShort(encoder, values, count, p) : -1;
  return short < 0 ? writeJoined(encoder, values, count, p) : short;
}

/** By a look at some. */
function areShort(values: readonly unknown[], count: number): boolean {
  let units = 0;
  for (let i = 0; i < LOOKS; i++) {
    const value = values[Math.floor((i * count) / LOOKS)];
    if (typeof value === "string") units += value.length;
  }
  return units <= LOOKS * SHORT_UNITS;
}

/** In one go, unit by unit, if they are ASCII and of less than 255 units. */
function writeShort(encoder: Encoder, values: readonly unknown[], count: number, p: number): number {
  const lengths = writeHead(encoder, count, p);
  const text = lengths + count;
  encoder.need(text, 5);
  const q = copyAscii(encoder, values, lengths, count);
  if (q < 0) return -1;
  encoder.bytes[text] = c.STR32;
  encoder.view.setUint32(text + 1, q - text - 5);
  encoder.closeExt(p, q);
  return q;
}

/**
 * The lengths of texts at `lengths`, then, behind room for a header, the texts. Where they end; -1 if one is not ASCII, or too long.
 * Nothing is called in the loop but to grow: what a call did to the memory would have to be found out after each.
 */
function copyAscii(encoder: Encoder, values: readonly unknown[], lengths: number, count: number): number {
  let { bytes, capacity } = encoder;
  let q = lengths + count + 5;
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (typeof value !== "string") {
      if (value !== null) return -1;
      bytes[lengths + i] = NO_BYTE;
      continue;
    }
    const { length } = value;
    if (length >= NO_BYTE) return -1;
    if (q + length > capacity) {
      encoder.need(q, length);
      ({ bytes, capacity } = encoder);
    }
    bytes[lengths + i] = length;
    let union = 0;
    let k = 0;
    for (; k + 4 <= length; k += 4, q += 4) {
      const a = value.charCodeAt(k);
      const b = value.charCodeAt(k + 1);
      const c = value.charCodeAt(k + 2);
      const d = value.charCodeAt(k + 3);
      union |= a | b | c | d;
      bytes[q] = a;
      bytes[q + 1] = b;
      bytes[q + 2] = c;
      bytes[q + 3] = d;
    }
    for (; k < length; k++) {
      const unit = value.charCodeAt(k);
      union |= unit;
      bytes[q++] = unit;
    }
    if (union >= 0x80) return -1;
  }
  return q;
}

/** All that comes before the lengths, and room for them. */
function writeHead(encoder: Encoder, count: number, p: number): number {
  const q = encoder.writeUint(count, encoder.writeByte(KIND_UINT8, encoder.writeOpenExtHeader(c.EXT_TEXTS, 0, p)));
  encoder.need(q, count);
  return q;
}

/** By one native call for all, which costs less than one each. */
function writeJoined(encoder: Encoder, values: readonly unknown[], count: number, p: number): number {
  const texts: (string | null)[] = new Array(count);
  const lengths = writeHead(encoder, count, p);
  const bytes = encoder.bytes;
  let most = 0;
  let units = 0;
  let union = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (typeof value === "string") {
      const { length } = value;
      texts[i] = value;
      bytes[lengths + i] = length;
      units += length;
      if (length > most) most = length;
      // Text that was concatenated gets its units together when one is asked for; joining would do that anew each time.
      if (length > 0) union |= value.charCodeAt(0);
    } else {
      if (value !== null) return -1;
      texts[i] = null;
      bytes[lengths + i] = NO_BYTE;
    }
  }
  // Always false, but the compiler does not know.
  if (union > 0xffff) return -1;
  if (units > MAX_UNITS || units > count * MAX_MEAN_UNITS || most >= NO_WORD) return -1;
  let q = lengths + count;
  if (most >= NO_BYTE) {
    const long = texts.map(text => text?.length ?? -1);
    q = writeLongLengths(encoder, long, p + 6, lengths);
  }
  // Nulls join as nothing.
  const end = encoder.writeUtf8(texts.join(""), q);
  if (end >= 0) encoder.closeExt(p, end);
  return end;
}

/** Texts and nulls from the payload of `size` bytes at `decoder.p`. */
export function readTexts(decoder: Decoder, size: number): (string | null)[] {
  const start = decoder.p;
  const end = start + size;
  const lengths = readLengths(decoder);
  const units = sumLengths(lengths, 0, lengths.of.length);
  const body = decoder.p;
  const bytes = decoder.readTextSize();
  const p = decoder.p;
  if (p + bytes !== end) decoder.fail("a list of texts whose contents end elsewhere", start);
  decoder.p = end;
  // As many bytes as units: ASCII, if it is UTF-8 at all.
  if (bytes === units)
    return cutAscii(decoder, lengths, p) ?? decoder.fail("texts of other lengths than announced", body);
  return cutWide(decoder, lengths, p) ?? decoder.fail("texts of other lengths than announced", body);
}

/** Texts from ASCII at `p`; null if they are not. */
function cutAscii(decoder: Decoder, lengths: Lengths, p: number): (string | null)[] | null {
  const count = lengths.of.length;
  const texts: (string | null)[] = new Array(count);
  for (let i = 0; i < count; i += WINDOW) {
    const behind = Math.min(i + WINDOW, count);
    const units = sumLengths(lengths, i, behind);
    const window = utf8Slice.call(decoder.bytes, p, p + units);
    // Bytes that are no UTF-8 come back as one unit each, too.
    if (window.length !== units || window.includes("\uFFFD")) return null;
    cut(window, lengths, i, behind, texts);
    p += units;
  }
  return texts;
}

/**
 * Texts from UTF-8 from `p` to `decoder.p`; null if they are of other lengths. A window ends between two characters, but anywhere in a
 * text, which the next one then begins with.
 */
function cutWide(decoder: Decoder, lengths: Lengths, p: number): (string | null)[] | null {
  const { bytes, p: end } = decoder;
  const count = lengths.of.length;
  const texts: (string | null)[] = new Array(count);
  let size = WINDOW_BYTES;
  for (let i = 0; i < count; ) {
    const behind = p + size < end ? betweenCharacters(bytes, p + size) : end;
    const window = readText(bytes, p, behind) ?? decoder.fail("text that is not UTF-8", p);
    const next = wholeIn(window, lengths, i);
    const left = window.length - cut(window, lengths, i, next, texts);
    if (behind === end && (next === i || left > 0)) return null;
    size = next === i ? size * 2 : WINDOW_BYTES;
    if (next > i) p = left === 0 ? behind : behind - utf8Length(window.slice(-left));
    i = next;
  }
  return p === end ? texts : null;
}

/** The next position at or before `p` at which a character begins, if there is one. */
function betweenCharacters(bytes: Uint8Array, p: number): number {
  for (let back = 0; back <= MAX_TRAIL; back++) if ((bytes[p - back]! & 0xc0) !== 0x80) return p - back;
  return p;
}

/**
 * Where the texts from the i-th on end that the window has all of, and behind which a character begins: halves of a surrogate pair may
 * stand in two texts, and are one character here.
 */
function wholeIn(window: string, { of, none }: Lengths, i: number): number {
  let whole = i;
  let units = 0;
  while (i < of.length) {
    if (of[i] !== none) units += of[i]!;
    if (units > window.length) break;
    i++;
    if ((window.charCodeAt(units) & 0xfc00) !== 0xdc00) whole = i;
  }
  return whole;
}

/** Cuts texts `[start, end)` from what begins with them, and says how much of it they are. */
function cut(window: string, { of, none }: Lengths, start: number, end: number, texts: (string | null)[]): number {
  let at = 0;
  for (let i = start; i < end; i++) {
    const length = of[i]!;
    if (length === none) {
      texts[i] = null;
    } else {
      texts[i] = length === 2 ? pairAt(window, at) : window.substring(at, at + length);
      at += length;
    }
  }
  return at;
}

/** ASCII texts of two units: the engine has a table for them too, but a slower one. */
const pairs: (string | undefined)[] = new Array(128 * 128).fill(undefined);

function pairAt(window: string, at: number): string {
  const a = window.charCodeAt(at);
  const b = window.charCodeAt(at + 1);
  if ((a | b) >= 0x80) return String.fromCharCode(a, b);
  const known = pairs[a * 128 + b];
  if (known !== undefined) return known;
  const made = String.fromCharCode(a, b);
  pairs[a * 128 + b] = made;
  return made;
}
