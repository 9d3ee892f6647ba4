import * as c from "../constants.ts";
import { DecodeError } from "../errors.ts";
import { readText } from "../text.ts";

/** The bytes of a message, read one header at a time, for those who want to see it rather than to have its value. */
export class Bytes {
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public p = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(message: string, at = this.p): never {
    throw new DecodeError(message, at, "$");
  }

  /** Moves on by `size` bytes, which must be there; gives where they start. */
  skip(size: number): number {
    const start = this.p;
    if (!(size <= this.bytes.length - start)) this.fail("the message is cut off");
    this.p = start + size;
    return start;
  }

  /** An unsigned number of 0, 1, 2, 4 or 8 bytes. */
  uint(width: number): number {
    let value = 0;
    const start = this.skip(width);
    for (let i = 0; i < width; i++) value = value * 0x100 + this.bytes[start + i]!;
    return value;
  }

  int(width: number): number {
    const at = this.skip(width);
    if (width === 1) return this.view.getInt8(at);
    if (width === 2) return this.view.getInt16(at);
    return width === 4 ? this.view.getInt32(at) : Number(this.view.getBigInt64(at));
  }

  float(width: number): number {
    const at = this.skip(width);
    return width === 4 ? this.view.getFloat32(at) : this.view.getFloat64(at);
  }

  text(size: number): string {
    const start = this.skip(size);
    return readText(this.bytes, start, this.p) ?? this.fail("text that is not UTF-8", start);
  }

  /** A MessagePack integer that is not negative. */
  count(): number {
    const lead = this.uint(1);
    if (lead < 0x80) return lead;
    if (lead >= c.UINT8 && lead <= c.UINT64) return this.uint(1 << (lead - c.UINT8));
    return this.fail("a count is expected", this.p - 1);
  }

  /** The size of an array, or map, whose header comes next; -1 if none does. */
  sizeOf(map: boolean): number {
    const lead = this.bytes[this.p] ?? -1;
    const fix = map ? c.FIXMAP : c.FIXARRAY;
    const lead16 = map ? c.MAP16 : c.ARRAY16;
    if (lead >= fix && lead < fix + 16) return this.uint(1) - fix;
    if (lead !== lead16 && lead !== lead16 + 1) return -1;
    this.p++;
    return this.uint(lead === lead16 ? 2 : 4);
  }

  /** A MessagePack text, wide or not. */
  string(): string {
    const lead = this.uint(1);
    if (lead >= c.FIXSTR && lead < c.NIL) return this.text(lead & 0x1f);
    if (lead >= c.STR8 && lead <= c.STR32) return this.text(this.uint(1 << (lead - c.STR8)));
    if (c.isExt(lead)) {
      const size = this.extSize(lead);
      if (this.uint(1) === c.EXT_WIDE_TEXT) return this.wide(size);
    }
    return this.fail("text is expected", this.p - 1);
  }

  wide(size: number): string {
    const start = this.skip(size);
    return Buffer.prototype.ucs2Slice.call(this.bytes, start, this.p);
  }

  /** The payload's size of the extension whose first byte was read. */
  extSize(lead: number): number {
    return lead >= c.FIXEXT1 ? 1 << (lead - c.FIXEXT1) : this.uint(1 << (lead - c.EXT8));
  }
}
