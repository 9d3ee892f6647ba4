/** Node's writer, called on plain Uint8Arrays: `(text, offset, length) => bytes written`. Much the fastest way to UTF-8 here. */
export const utf8Write = Buffer.prototype.utf8Write as (
  this: Uint8Array,
  text: string,
  offset: number,
  length: number,
) => number;

const utf8Slice = Buffer.prototype.utf8Slice as (this: Uint8Array, start: number, end: number) => string;
/** Text of bytes that are known to be ASCII. */
export const latin1Slice = Buffer.prototype.latin1Slice as (this: Uint8Array, start: number, end: number) => string;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of a text in UTF-8, a lone surrogate counted as three. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** Texts up to here are looked up before they are made. */
const CACHED_BYTES = 16;
/** Up to here a loop finds out whether text is ASCII; beyond, the native decoder does. */
const SCANNED_BYTES = 48;
const SLOTS = 2048;

/**
 * Short ASCII texts that were decoded lately, so that keys and other repeated words are not made anew: comparing ten bytes is a
 * fifth of the price of a new string. One slot a hash, the last one wins; it holds at most 2048 texts of 16 characters.
 */
const recent: string[] = new Array(SLOTS).fill("");

/**
 * The text of UTF-8 bytes `[start, end)`, or null if they are not UTF-8.
 */
export function readText(bytes: Uint8Array, start: number, end: number): string | null {
  const size = end - start;
  if (size <= CACHED_BYTES) return readShort(bytes, start, end);
  if (size <= SCANNED_BYTES) {
    let union = 0;
    for (let i = start; i < end; i++) union |= bytes[i]!;
    if (union < 0x80) return latin1Slice.call(bytes, start, end);
  }
  return readUtf8(bytes, start, end);
}

function readShort(bytes: Uint8Array, start: number, end: number): string | null {
  const size = end - start;
  if (size === 0) return "";
  let hash = size;
  let union = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    union |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (union >= 0x80) return readUtf8(bytes, start, end);
  const slot = (hash ^ (hash >>> 11)) & (SLOTS - 1);
  const known = recent[slot]!;
  if (known.length === size) {
    let i = 0;
    while (i < size && known.charCodeAt(i) === bytes[start + i]) i++;
    if (i === size) return known;
  }
  const text = latin1Slice.call(bytes, start, end);
  recent[slot] = text;
  return text;
}

function readUtf8(bytes: Uint8Array, start: number, end: number): string | null {
  const text = utf8Slice.call(bytes, start, end);
  // The decoder puts U+FFFD where it found no UTF-8; the text may also hold one of its own.
  if (!text.includes("\uFFFD")) return text;
  try {
    return strict.decode(bytes.subarray(start, end));
  } catch {
    return null;
  }
}
