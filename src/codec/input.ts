import * as c from "./constants.ts";
import { DecodeError } from "./errors.ts";
import { locate } from "./locate.ts";
import { latin1Slice, readText } from "./text.ts";

/** Any text that is cut from a window keeps all of it alive. */
const WINDOW_BYTES = 1024;
const WINDOWED_BYTES = 128;
/** Up to here looking a text up is as fast. */
const SHORT_BYTES = 8;
/** With fewer texts a window costs more than it saves: then the message gets no more of them. */
const LEAST_USES = 3;

/** A DataView of a message up to here would cost more than putting its few doubles together. */
const SMALL_BYTES = 256;
const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

const NOTHING = new Uint8Array(0);
/** What all resizable buffers of a message may grow to together. */
const MAX_RESERVED_BYTES = 2 ** 33;

/** Bytes being read: where, up to where, and what to say when they make no sense. */
export class Input {
  bytes: Uint8Array = NOTHING;
  /** The next byte. */
  p = 0;
  /** Behind the last byte of the message. */
  end = 0;
  protected start = 0;
  /**
   * How many more elements containers may announce. Every element takes at least a byte, so together they can't announce more than the
   * message has bytes; nested headers that each claim all the rest would else ask for memory by the square of its size.
   */
  protected budget = 0;
  /** What `fail` threw last, to tell it from what the code of others throws. */
  protected failure: DecodeError | null = null;
  /** Bytes that resizable buffers may still reserve. They take addresses only, but these can run out as well. */
  protected reservable = 0;
  private view: DataView | null = null;
  /** Bytes `[windowStart, windowEnd)`, each as one unit. */
  private window = "";
  private windowStart = 0;
  private windowEnd = 0;
  /** How many texts were cut from it. */
  private windowUses = 0;
  private windows = false;
  private viewed: Uint8Array = NOTHING;

  protected open(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.failure = null;
    this.reservable = MAX_RESERVED_BYTES;
    this.start = start;
    this.p = start;
    this.end = end;
    this.budget = end - start;
    this.windows = end - start >= WINDOW_BYTES;
    this.windowUses = LEAST_USES;
    this.windowStart = end;
  }

  /** Lets go of the bytes. */
  protected close(): void {
    this.bytes = NOTHING;
    this.window = "";
    this.viewed = NOTHING;
    this.view = null;
  }

  /** Made when a message needs it: small ones don't, and it costs as much as all of their decoding. */
  dataView(): DataView {
    const bytes = this.bytes;
    if (this.viewed === bytes && this.view !== null) return this.view;
    this.viewed = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.view;
  }

  /** @throws DecodeError, always. `at` is where the bad bytes start. */
  fail(message: string, at = this.p, cause?: unknown): never {
    const options = cause === undefined ? undefined : { cause };
    this.failure = new DecodeError(message, at - this.start, locate(this.bytes, this.start, this.end, at), options);
    throw this.failure;
  }

  truncated(): never {
    return this.fail("the message is cut off");
  }

  /**
   * Claims `count` elements for a container whose header was just read.
   *
   * @internal
   */
  claim(count: number): void {
    this.budget -= count;
    if (this.budget < 0) this.fail(`${count} elements are more than may still come`, this.p - 1);
  }

  /**
   * Gives back elements that were claimed for containers whose headers now come: these claim them themselves.
   *
   * @internal
   */
  unclaim(count: number): void {
    this.budget += count;
  }

  /**
   * The number of elements of the array that comes next, where the format asks for one. They are claimed.
   *
   * @internal
   */
  readArrayCount(): number {
    const start = this.p;
    const lead = this.readByte();
    let count = lead & 0x0f;
    if (lead === c.ARRAY16) count = this.readU16();
    else if (lead === c.ARRAY32) count = this.readU32();
    else if (lead < c.FIXARRAY || lead >= c.FIXSTR) this.fail("an array is expected", start);
    this.claim(count);
    return count;
  }

  /** Claims room for a resizable buffer that says it may grow to so many bytes. */
  claimReserve(bytes: number): void {
    this.reservable -= bytes;
    if (this.reservable < 0) this.fail(`resizable buffers of more than ${MAX_RESERVED_BYTES} bytes together`);
  }

  readByte(): number {
    if (this.p >= this.end) this.truncated();
    return this.bytes[this.p++]!;
  }

  readU16(): number {
    const p = this.p;
    if (this.end - p < 2) this.truncated();
    this.p = p + 2;
    return (this.bytes[p]! << 8) | this.bytes[p + 1]!;
  }

  readU32(): number {
    const p = this.p;
    if (this.end - p < 4) this.truncated();
    this.p = p + 4;
    const bytes = this.bytes;
    return ((bytes[p]! << 24) | (bytes[p + 1]! << 16) | (bytes[p + 2]! << 8) | bytes[p + 3]!) >>> 0;
  }

  /** A number of 64 bits, or a BigInt where a number would not be exact. */
  protected readU64(): number | bigint {
    const p = this.p;
    const value = this.readU32() * 0x100000000 + this.readU32();
    return Number.isSafeInteger(value) ? value : this.dataView().getBigUint64(p);
  }

  protected readI64(): number | bigint {
    const p = this.p;
    const value = (this.readU32() | 0) * 0x100000000 + this.readU32();
    return Number.isSafeInteger(value) ? value : this.dataView().getBigInt64(p);
  }

  protected readF32(): number {
    const p = this.p;
    if (this.end - p < 4) this.truncated();
    this.p = p + 4;
    return this.dataView().getFloat32(p);
  }

  protected readF64(): number {
    const p = this.p;
    if (this.end - p < 8) this.truncated();
    this.p = p + 8;
    if (this.end - this.start <= SMALL_BYTES) return this.assembleF64(p);
    return this.dataView().getFloat64(p);
  }

  private assembleF64(p: number): number {
    const { bytes } = this;
    for (let i = 0; i < 8; i++) doubleBytes[7 - i] = bytes[p + i]!;
    return double[0]!;
  }

  /** An integer >= 0, in any width, where the format asks for one. */
  readUint(): number {
    const start = this.p;
    const lead = this.readByte();
    if (lead < 0x80) return lead;
    let value: number | bigint = -1;
    if (lead === c.UINT8) value = this.readByte();
    else if (lead === c.UINT16) value = this.readU16();
    else if (lead === c.UINT32) value = this.readU32();
    else if (lead === c.UINT64) value = this.readU64();
    if (typeof value === "bigint" || value < 0) return this.fail("an integer from 0 to 2^53 - 1 is expected", start);
    return value;
  }

  /** The bytes that the text which comes next takes, where the format asks for UTF-8. */
  readTextSize(): number {
    const start = this.p;
    const lead = this.readByte();
    if (lead >= c.FIXSTR && lead < c.NIL) return lead & 0x1f;
    if (lead === c.STR8) return this.readByte();
    if (lead === c.STR16) return this.readU16();
    if (lead === c.STR32) return this.readU32();
    return this.fail("text is expected", start);
  }

  /** Text of `size` bytes of UTF-8. */
  protected readString(size: number): string {
    const p = this.p;
    const end = p + size;
    if (end > this.end) this.truncated();
    this.p = end;
    if (size > SHORT_BYTES && size <= WINDOWED_BYTES && this.windows) {
      const text = this.readWindowed(p, end);
      if (text !== null) return text;
    }
    return readText(this.bytes, p, end) ?? this.fail("text that is not UTF-8", p);
  }

  /**
   * ASCII text by cutting it from a string made of more bytes than its own, which the texts behind it are then cut from too: that takes a
   * fifth of making each. Null if it is not ASCII, or stands alone.
   */
  private readWindowed(p: number, end: number): string | null {
    const { bytes } = this;
    let union = 0;
    for (let i = p; i < end; i++) union |= bytes[i]!;
    if (union >= 0x80) return null;
    if (p < this.windowStart || end > this.windowEnd) {
      if (this.windowUses < LEAST_USES) {
        this.windows = false;
        return null;
      }
      this.windowUses = 0;
      this.windowStart = p;
      this.windowEnd = Math.min(p + WINDOW_BYTES, this.end);
      this.window = latin1Slice.call(bytes, p, this.windowEnd);
    }
    this.windowUses++;
    return this.window.substring(p - this.windowStart, end - this.windowStart);
  }
}
