import { bigIntFromBytes, bigIntToBytes, fitsInt64 } from "../bigint.ts";
import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { PayloadReader } from "../extension.ts";
import type { Output } from "../output.ts";

/** A BigInt, so that it comes back as one whatever its size; MessagePack's own integers come back as numbers. */
export function writeBigInt(output: Output, value: bigint, p: number): number {
  if (fitsInt64(value)) {
    const q = output.writeExtHeader(c.EXT_BIGINT, 8, p);
    output.need(q, 8);
    output.view.setBigInt64(q, value);
    return q + 8;
  }
  const bytes = bigIntToBytes(value);
  return output.writeBytes(bytes, output.writeExtHeader(c.EXT_BIGINT, bytes.length, p));
}

function readBigInt(decoder: Decoder, size: number): bigint {
  const start = decoder.p;
  decoder.p = start + size;
  if (size === 8) return decoder.dataView().getBigInt64(start);
  try {
    return bigIntFromBytes(decoder.bytes.subarray(start, start + size));
  } catch {
    return decoder.fail(`a BigInt of ${size} bytes is more than this engine can hold`, start);
  }
}

function readConstant(decoder: Decoder, size: number): undefined {
  const start = decoder.p;
  if (size !== 1) decoder.fail(`a constant has 1 byte, not ${size}`, start);
  const constant = decoder.bytes[start];
  if (constant === c.CONSTANT_HOLE) decoder.fail("a hole outside of an array", start);
  if (constant !== c.CONSTANT_UNDEFINED) decoder.fail(`unknown constant ${constant}`, start);
  decoder.p = start + 1;
  return undefined;
}

/** UTF-16 units, little-endian: text that has no UTF-8. */
export function readWideText(decoder: Decoder, size: number): string {
  const start = decoder.p;
  if (size % 2 === 1) decoder.fail(`UTF-16 of ${size} bytes`, start);
  decoder.p = start + size;
  return Buffer.prototype.ucs2Slice.call(decoder.bytes, start, start + size);
}

export const scalarReaders: ReadonlyMap<number, PayloadReader> = new Map<number, PayloadReader>([
  [c.EXT_CONSTANT, readConstant],
  [c.EXT_BIGINT, readBigInt],
  [c.EXT_WIDE_TEXT, readWideText],
]);
