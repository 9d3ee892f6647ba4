import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import { KIND_UINT8, KIND_UINT16 } from "../typed-array.ts";

/** The lengths of things in a list, and which of them stands for null. */
export interface Lengths {
  readonly of: Uint8Array | Uint16Array;
  readonly none: number;
}

/** The greatest length of each kind stands for null. */
export const NO_BYTE = 0xff;
export const NO_WORD = 0xffff;

/** Writes over lengths of a byte, the kind of which stands at `kindAt`: two bytes for each, after all. -1 stands for null. */
export function writeLongLengths(encoder: Encoder, lengths: readonly number[], kindAt: number, p: number): number {
  const count = lengths.length;
  encoder.need(p, count * 2);
  const { view } = encoder;
  encoder.bytes[kindAt] = KIND_UINT16;
  // The last 16 bits of -1 are those of NO_WORD.
  for (let i = 0; i < count; i++) view.setUint16(p + i * 2, lengths[i]!, true);
  return p + count * 2;
}

/** The kind, the count, which is claimed, and the lengths. */
export function readLengths(decoder: Decoder): Lengths {
  const start = decoder.p;
  const kind = decoder.readByte();
  if (kind !== KIND_UINT8 && kind !== KIND_UINT16) decoder.fail(`lengths in a list of kind ${kind}`, start);
  const count = decoder.readUint();
  decoder.claim(count);
  return kind === KIND_UINT8 ? readBytes(decoder, count) : readWords(decoder, count);
}

function readBytes(decoder: Decoder, count: number): Lengths {
  const { bytes, end, p } = decoder;
  if (end - p < count) decoder.truncated();
  decoder.p = p + count;
  return { of: new Uint8Array(bytes.buffer, bytes.byteOffset + p, count), none: NO_BYTE };
}

function readWords(decoder: Decoder, count: number): Lengths {
  const { end, p } = decoder;
  if (end - p < count * 2) decoder.truncated();
  decoder.p = p + count * 2;
  const view = decoder.dataView();
  const of = new Uint16Array(count);
  for (let i = 0; i < count; i++) of[i] = view.getUint16(p + i * 2, true);
  return { of, none: NO_WORD };
}

/** The lengths `[start, end)` together. */
export function sumLengths({ of, none }: Lengths, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) if (of[i] !== none) sum += of[i]!;
  return sum;
}
