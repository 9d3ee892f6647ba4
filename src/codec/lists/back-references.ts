import { BufferPart } from "../buffer-part.ts";
import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import { ELEMENT_BYTES, KIND_UINT8, KIND_UINT16, KIND_UINT32 } from "../typed-array.ts";
import { failPart } from "../types/views.ts";

/** The greatest number of a kind stands for null. */
const NULLS: Readonly<Record<number, number>> = {
  [KIND_UINT8]: 0xff,
  [KIND_UINT16]: 0xffff,
  [KIND_UINT32]: 0xffffffff,
};

/** Objects that were all met before, and nulls: their numbers. -1, with nothing written, if something else is among them. */
export function writeBackReferences(encoder: Encoder, values: readonly unknown[], count: number, p: number): number {
  const { memo } = encoder;
  const kind = memo.count <= 0xff ? KIND_UINT8 : memo.count <= 0xffff ? KIND_UINT16 : KIND_UINT32;
  const width = ELEMENT_BYTES[kind]!;
  let q = encoder.writeByte(kind, encoder.writeExtHeader(c.EXT_BACK_REFERENCES, count * width + 1, p));
  encoder.need(q, count * width);
  const { bytes } = encoder;
  for (let i = 0; i < count; i++, q += width) {
    const value = values[i];
    if (value !== null && typeof value !== "object") return -1;
    const number = value === null ? NULLS[kind]! : memo.find(value);
    // A part of an ArrayBuffer may have to become more of it; only the common way sees to that.
    if (number < 0 || value instanceof ArrayBuffer) return -1;
    encoder.checkMade(number);
    bytes[q] = number;
    if (width === 1) continue;
    bytes[q + 1] = number >> 8;
    if (width === 2) continue;
    bytes[q + 2] = number >> 16;
    bytes[q + 3] = number >> 24;
  }
  encoder.noteBackReference();
  return q;
}

/** Objects, and nulls, from the payload of `size` bytes at `decoder.p`. */
export function readBackReferences(decoder: Decoder, size: number): unknown[] {
  const start = decoder.p;
  const kind = decoder.readByte();
  const none = NULLS[kind];
  if (none === undefined) return decoder.fail(`a list of back references of kind ${kind}`, start);
  const width = ELEMENT_BYTES[kind]!;
  const count = (size - 1) / width;
  if (!Number.isInteger(count)) decoder.fail(`${size - 1} bytes are no whole number of back references`, start);
  decoder.claim(count);
  decoder.p = start + size;
  const view = decoder.dataView();
  const values: unknown[] = new Array(count);
  for (let i = 0, p = start + 1; i < count; i++, p += width) {
    const number = width === 1 ? view.getUint8(p) : width === 2 ? view.getUint16(p, true) : view.getUint32(p, true);
    const value = number === none ? null : decoder.objectOf(number, p);
    if (value instanceof BufferPart) failPart(decoder, p);
    values[i] = value;
  }
  return values;
}
