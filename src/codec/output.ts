import * as c from "./constants.ts";
import { EncodeError } from "./errors.ts";
import type { Gaps } from "./gaps.ts";
import { utf8Length, utf8Write } from "./text.ts";

/** From how many bytes on copying once rather than twice is worth the bookkeeping. */
const GAP_BYTES = 1 << 14;

/** Thrown, and caught by `Encoder.encodeInto`, when a caller's buffer is full. One object, for it is no error. */
export const FULL = Symbol("the target is full");

/**
 * Bytes being written: MessagePack's scalars and headers.
 *
 * Methods take the position and return the one behind what they wrote. A position that is passed on lives in a register; one that is
 * kept in a field costs three times as much. `grow` may replace `bytes`, so read it anew after anything that writes.
 */
export class Output {
  bytes: Uint8Array;
  view: DataView;
  capacity: number;
  /** Whether the bytes are the caller's, and being full ends the attempt. */
  protected fixed = false;
  /** What is left out for now; null if all has to be written where it belongs. */
  protected gaps: Gaps | null = null;

  constructor(capacity: number) {
    const buffer = new ArrayBuffer(capacity);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.capacity = capacity;
  }

  /** Makes room for `size` bytes at `p`. */
  need(p: number, size: number): void {
    if (p + size > this.capacity) this.grow(p, size);
  }

  private grow(p: number, size: number): void {
    if (this.fixed) throw FULL;
    if (p + size > c.MAX_MESSAGE_BYTES) {
      throw new EncodeError("the message would pass 4 GiB; give `buffers`, so that large buffers stay out of it", "$");
    }
    const capacity = Math.min(Math.max(p + size, this.capacity * 2), c.MAX_MESSAGE_BYTES);
    const buffer = new ArrayBuffer(capacity);
    const bytes = new Uint8Array(buffer);
    bytes.set(this.bytes.subarray(0, p));
    this.bytes = bytes;
    this.view = new DataView(buffer);
    this.capacity = capacity;
  }

  writeNumber(value: number, p: number): number {
    this.need(p, 9);
    const bytes = this.bytes;
    if ((value | 0) === value) {
      if (value > 0) {
        if (value < 0x80) {
          bytes[p] = value;
          return p + 1;
        }
        return this.writeUint(value, p);
      }
      // -0 | 0 is 0, which equals -0: the sign is lost unless it is asked for.
      if (value === 0 && !Object.is(value, -0)) {
        bytes[p] = 0;
        return p + 1;
      }
      if (value < 0) return this.writeNegative(value, p);
    } else if (Number.isSafeInteger(value)) {
      if (value > 0) return this.writeUint(value, p);
      const view = this.view;
      bytes[p] = c.INT64;
      view.setInt32(p + 1, Math.floor(value / 0x100000000));
      view.setUint32(p + 5, value >>> 0);
      return p + 9;
    }
    bytes[p] = c.FLOAT64;
    this.view.setFloat64(p + 1, value);
    return p + 9;
  }

  /** A safe integer >= 0, as short as it gets. */
  writeUint(value: number, p: number): number {
    this.need(p, 9);
    const bytes = this.bytes;
    if (value < 0x80) {
      bytes[p] = value;
      return p + 1;
    }
    if (value < 0x100) {
      bytes[p] = c.UINT8;
      bytes[p + 1] = value;
      return p + 2;
    }
    if (value < 0x10000) {
      bytes[p] = c.UINT16;
      bytes[p + 1] = value >> 8;
      bytes[p + 2] = value;
      return p + 3;
    }
    if (value < 0x100000000) {
      bytes[p] = c.UINT32;
      this.view.setUint32(p + 1, value);
      return p + 5;
    }
    bytes[p] = c.UINT64;
    this.view.setUint32(p + 1, value / 0x100000000);
    this.view.setUint32(p + 5, value >>> 0);
    return p + 9;
  }

  private writeNegative(value: number, p: number): number {
    const bytes = this.bytes;
    if (value >= -0x20) {
      bytes[p] = value;
      return p + 1;
    }
    if (value >= -0x80) {
      bytes[p] = c.INT8;
      bytes[p + 1] = value;
      return p + 2;
    }
    if (value >= -0x8000) {
      bytes[p] = c.INT16;
      bytes[p + 1] = value >> 8;
      bytes[p + 2] = value;
      return p + 3;
    }
    bytes[p] = c.INT32;
    this.view.setInt32(p + 1, value);
    return p + 5;
  }

  /** Short ASCII text byte by byte; a native call costs more than eight characters or so. */
  writeString(text: string, p: number): number {
    const length = text.length;
    if (length > 10) return this.writeLongString(text, p);
    this.need(p, 11);
    const bytes = this.bytes;
    for (let i = 0, q = p + 1; i < length; i++, q++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return this.writeLongString(text, p);
      bytes[q] = unit;
    }
    bytes[p] = c.FIXSTR | length;
    return p + 1 + length;
  }

  private writeLongString(text: string, p: number): number {
    const q = this.writeUtf8(text, p);
    return q < 0 ? this.writeWideText(text, p) : q;
  }

  /** Text of any length; -1 if it has no UTF-8. */
  writeUtf8(text: string, p: number): number {
    const length = text.length;
    // Three bytes a unit are always enough; only where they don't fit is the exact length worth finding out.
    if (p + 5 + length * 3 > this.capacity) this.need(p, 5 + utf8Length(text));
    // The header is written for ASCII. What comes back says whether it was: any other text takes more bytes than units.
    const guess = p + textHeaderBytes(length);
    const size = utf8Write.call(this.bytes, text, guess, this.capacity - guess);
    const q = p + textHeaderBytes(size);
    if (size !== length) {
      if (!text.isWellFormed()) return -1;
      if (q !== guess) this.bytes.copyWithin(q, guess, guess + size);
    }
    this.writeTextHeader(size, p);
    return q + size;
  }

  private writeTextHeader(size: number, p: number): void {
    const bytes = this.bytes;
    if (size < 32) {
      bytes[p] = c.FIXSTR | size;
    } else if (size < 0x100) {
      bytes[p] = c.STR8;
      bytes[p + 1] = size;
    } else if (size < 0x10000) {
      bytes[p] = c.STR16;
      bytes[p + 1] = size >> 8;
      bytes[p + 2] = size;
    } else {
      bytes[p] = c.STR32;
      this.view.setUint32(p + 1, size);
    }
  }

  /** Text with a lone surrogate has no UTF-8: its UTF-16 units, little-endian. */
  private writeWideText(text: string, p: number): number {
    const length = text.length;
    let q = this.writeExtHeader(c.EXT_WIDE_TEXT, length * 2, p);
    this.need(q, length * 2);
    const view = this.view;
    for (let i = 0; i < length; i++, q += 2) view.setUint16(q, text.charCodeAt(i), true);
    return q;
  }

  writeArrayHeader(count: number, p: number): number {
    return this.writeCount(count, c.FIXARRAY, c.ARRAY16, p);
  }

  writeMapHeader(count: number, p: number): number {
    return this.writeCount(count, c.FIXMAP, c.MAP16, p);
  }

  private writeCount(count: number, fix: number, lead16: number, p: number): number {
    this.need(p, 5);
    const bytes = this.bytes;
    if (count < 16) {
      bytes[p] = fix | count;
      return p + 1;
    }
    if (count < 0x10000) {
      bytes[p] = lead16;
      bytes[p + 1] = count >> 8;
      bytes[p + 2] = count;
      return p + 3;
    }
    bytes[p] = lead16 + 1;
    this.view.setUint32(p + 1, count);
    return p + 5;
  }

  writeBinHeader(size: number, p: number): number {
    this.need(p, 5);
    const bytes = this.bytes;
    if (size < 0x100) {
      bytes[p] = c.BIN8;
      bytes[p + 1] = size;
      return p + 2;
    }
    if (size < 0x10000) {
      bytes[p] = c.BIN16;
      bytes[p + 1] = size >> 8;
      bytes[p + 2] = size;
      return p + 3;
    }
    bytes[p] = c.BIN32;
    this.view.setUint32(p + 1, size);
    return p + 5;
  }

  writeExtHeader(code: number, size: number, p: number): number {
    this.need(p, 6);
    const bytes = this.bytes;
    if (size <= 16 && size > 0 && (size & (size - 1)) === 0) {
      bytes[p] = c.FIXEXT1 + 31 - Math.clz32(size);
      bytes[p + 1] = code;
      return p + 2;
    }
    if (size < 0x100) {
      bytes[p] = c.EXT8;
      bytes[p + 1] = size;
      bytes[p + 2] = code;
      return p + 3;
    }
    if (size < 0x10000) {
      bytes[p] = c.EXT16;
      bytes[p + 1] = size >> 8;
      bytes[p + 2] = size;
      bytes[p + 3] = code;
      return p + 4;
    }
    return this.writeOpenExtHeader(code, size, p);
  }

  /** A header whose size is filled in by `closeExt` when the payload stands. */
  writeOpenExtHeader(code: number, size: number, p: number): number {
    this.need(p, 6);
    this.bytes[p] = c.EXT32;
    this.view.setUint32(p + 1, size);
    this.bytes[p + 5] = code;
    return p + 6;
  }

  /** Fills in the size of the extension that was opened at `start` and ends at `p`. */
  closeExt(start: number, p: number): void {
    this.view.setUint32(start + 1, p - start - 6 + (this.gaps === null ? 0 : this.gaps.since(start)));
  }

  /** An extension whose payload is one index: a back reference, a reference, a buffer out of band. */
  writeIndexExt(code: number, index: number, p: number): number {
    this.need(p, 6);
    const bytes = this.bytes;
    bytes[p + 1] = code;
    if (index < 0x100) {
      bytes[p] = c.FIXEXT1;
      bytes[p + 2] = index;
      return p + 3;
    }
    if (index < 0x10000) {
      bytes[p] = c.FIXEXT2;
      bytes[p + 2] = index >> 8;
      bytes[p + 3] = index;
      return p + 4;
    }
    bytes[p] = c.FIXEXT4;
    this.view.setUint32(p + 2, index);
    return p + 6;
  }

  writeConstant(constant: number, p: number): number {
    this.need(p, 3);
    const bytes = this.bytes;
    bytes[p] = c.FIXEXT1;
    bytes[p + 1] = c.EXT_CONSTANT;
    bytes[p + 2] = constant;
    return p + 3;
  }

  writeByte(byte: number, p: number): number {
    this.need(p, 1);
    this.bytes[p] = byte;
    return p + 1;
  }

  /** Bytes as they are; large ones may go into a gap. */
  writeBytes(source: Uint8Array, p: number): number {
    if (this.gaps !== null && source.length >= GAP_BYTES) {
      this.gaps.add(p, source);
      return p;
    }
    this.need(p, source.length);
    this.bytes.set(source, p);
    return p + source.length;
  }
}

function textHeaderBytes(size: number): number {
  return size < 32 ? 1 : size < 0x100 ? 2 : size < 0x10000 ? 3 : 5;
}
