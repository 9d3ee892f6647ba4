import { types } from "node:util";
import { BufferPart } from "../buffer-part.ts";
import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import type { Leaf, PayloadReader } from "../extension.ts";
import { shortView } from "../short-view.ts";
import { isOutOfBounds, tracksLength } from "../tracking.ts";
import {
  bareView,
  ELEMENT_BYTES,
  KIND_UINT8,
  makeTrackingView,
  makeView,
  VIEW_PROTOTYPES,
  viewKind,
  viewName,
} from "../typed-array.ts";
import { hasNothingOfItsOwn, isOrdinaryTypedArray } from "./ordinary.ts";

const uint8Slice = Uint8Array.prototype.slice as (
  this: Uint8Array,
  start: number,
  end: number,
) => Uint8Array<ArrayBuffer>;

export const arrayBuffer: Leaf<ArrayBuffer> = {
  kind: "leaf",
  prototypes: [ArrayBuffer.prototype],
  isBare: hasNothingOfItsOwn,
  readers: new Map<number, PayloadReader>([
    [c.EXT_BUFFER, readBuffer],
    [c.EXT_OUT_OF_BAND, readOutOfBand],
    [c.EXT_RESIZABLE, readResizable],
  ]),
  refusal: bufferRefusal,

  write(encoder: Encoder, value: ArrayBuffer, p: number): number {
    if (value.detached) encoder.refuse(value);
    const extents = encoder.extents;
    extents.first(value, 0, value.byteLength);
    if (value.resizable) return writeResizable(encoder, value, p);
    const { start, end } = extents;
    const isBare = isBareBuffer(value);
    if (!isBare) extents.adorned.add(value);
    // One that was given to a decoder is the giver's: nothing is added to it.
    return writeBuffer(encoder, value, start, end, isBare && encoder.takesOut(value, start, end), p);
  },
};

/** A SharedArrayBuffer, which stays what it is: only its place in a table is written. */
export const sharedBuffer: Leaf<SharedArrayBuffer> = {
  kind: "leaf",
  prototypes: [SharedArrayBuffer.prototype],
  readers: new Map([[c.EXT_SHARED, readShared]]),
  refusal: bufferRefusal,
  write: writeShared,
};

/**
 * Typed arrays, DataViews and Buffers. Of a buffer, those bytes are written that the value's views show: alone, a view brings its
 * own bytes; of several on one buffer the first brings the bytes from the lowest to the highest that any of them shows, and the
 * others refer to it.
 */
export const view: Leaf<ArrayBufferView> = {
  kind: "leaf",
  prototypes: VIEW_PROTOTYPES,
  isBare: isBareView,
  underneath: view => (types.isArrayBufferView(view) ? bareView(view) : view),
  readers: new Map<number, PayloadReader>([
    [c.EXT_VIEW, readView],
    [c.EXT_INLINE_VIEW, readInlineView],
    [c.EXT_TRACKING_VIEW, readTrackingView],
  ]),

  refusal(value, encoder) {
    return bufferRefusal(value.buffer, encoder) ?? viewRefusal(value);
  },

  write(encoder: Encoder, value: ArrayBufferView, p: number): number {
    const buffer = value.buffer;
    const bytes = value.byteLength;
    if (bytes === 0 && (buffer as ArrayBuffer).detached) encoder.refuse(value);
    if (!(buffer instanceof ArrayBuffer) || buffer.resizable) return writeOnWhole(encoder, value, p);
    const kind = viewKind(value);
    const start = value.byteOffset;
    const length = bytes / ELEMENT_BYTES[kind]!;
    const end = start + bytes;

    const extents = encoder.extents;
    const number = encoder.memo.add(buffer);
    if (number >= 0) {
      extents.again(buffer, start, end);
      const q = writeShortView(encoder, kind, start - extents.start, length, p);
      return closeShortView(encoder, p, encoder.writeBackReference(number, q));
    }
    extents.first(buffer, start, end);
    const from = extents.start;
    const to = extents.end;
    if (encoder.takesOut(buffer, from, to)) {
      const q = writeShortView(encoder, kind, start - from, length, p);
      return closeShortView(encoder, p, writeBuffer(encoder, buffer, from, to, true, q));
    }
    if (from !== start || to !== end) {
      const q = writeViewFields(encoder, kind, start - from, length, encoder.writeOpenExtHeader(c.EXT_VIEW, 0, p));
      const close = writeBuffer(encoder, buffer, from, to, false, q);
      encoder.closeExt(p, close);
      return close;
    }
    return writeInline(encoder, kind, value instanceof Uint8Array ? value : new Uint8Array(buffer, start, bytes), p);
  },
};

/** A view that shows all of its buffer, both of them numbered already. */
export function writeWholeView(encoder: Encoder, kind: number, buffer: ArrayBuffer, bytes: number, p: number): number {
  if (!encoder.takesOut(buffer, 0, bytes)) return writeInline(encoder, kind, new Uint8Array(buffer, 0, bytes), p);
  const q = writeShortView(encoder, kind, 0, bytes / ELEMENT_BYTES[kind]!, p);
  return closeShortView(encoder, p, writeBuffer(encoder, buffer, 0, bytes, true, q));
}

/**
 * The message for a view of `length` elements that shows all of the only buffer out of band. There need be no such buffer yet.
 *
 * @returns its bytes, in the encoder's memory, which the next message of that encoder takes.
 */
export function wholeViewMessage(encoder: Encoder, kind: number, length: number): Uint8Array {
  const q = writeShortView(encoder, kind, 0, length, 0);
  return encoder.bytes.subarray(0, closeShortView(encoder, 0, encoder.writeIndexExt(c.EXT_OUT_OF_BAND, 0, q)));
}

/** A view and the bytes it shows. */
function writeInline(encoder: Encoder, kind: number, own: Uint8Array, p: number): number {
  const bytes = own.length;
  if (kind === KIND_UINT8) return encoder.writeBytes(own, encoder.writeBinHeader(bytes, p));
  const q = encoder.writeByte(kind, encoder.writeExtHeader(c.EXT_INLINE_VIEW, bytes + 1, p));
  return encoder.writeBytes(own, q);
}

/** Whether a view has no properties but its elements, nor a lock on it. */
export function isBareView(value: object): boolean {
  if (value instanceof DataView) return hasNothingOfItsOwn(value);
  try {
    return ArrayBuffer.isView(value) && isOrdinaryTypedArray(value);
  } catch {
    // A DataView with the prototype of another kind.
    return false;
  }
}

/** Whether an ArrayBuffer is no more than its bytes. */
export function isBareBuffer(value: ArrayBuffer): boolean {
  return Object.getPrototypeOf(value) === ArrayBuffer.prototype && hasNothingOfItsOwn(value);
}

/** Why a buffer, or a view on it, can't be written; null if it can. */
function bufferRefusal(buffer: ArrayBufferLike, encoder: Encoder): string | null {
  if (!(buffer instanceof ArrayBuffer)) {
    if (encoder.shared !== null) return null;
    return "its memory is shared with this process only; give `shared` on both sides, or encode a copy: .slice()";
  }
  return buffer.detached
    ? "its buffer is detached: transferred, or released by the store; encode it before that"
    : null;
}

function viewRefusal(value: ArrayBufferView): string | null {
  return isOutOfBounds(value) ? "its buffer has shrunk below it; resize it, or leave the view out" : null;
}

/** A buffer that can grow: how far, and its bytes. It is always in the message. */
function writeResizable(encoder: Encoder, value: ArrayBuffer, p: number): number {
  const q = encoder.writeUint(value.maxByteLength, encoder.writeOpenExtHeader(c.EXT_RESIZABLE, 0, p));
  const end = encoder.writeBytes(new Uint8Array(value, 0, value.byteLength), q);
  encoder.closeExt(p, end);
  return end;
}

function writeShared(encoder: Encoder, value: SharedArrayBuffer, p: number): number {
  const table = encoder.shared ?? encoder.refuse(value);
  const known = table.indexOf(value);
  return encoder.writeIndexExt(c.EXT_SHARED, known >= 0 ? known : table.push(value) - 1, p);
}

/** A view on a buffer of which all is wanted: one that can grow, or that is shared. */
function writeOnWhole(encoder: Encoder, value: ArrayBufferView, p: number): number {
  if (isOutOfBounds(value)) encoder.refuse(value);
  const buffer = value.buffer;
  const kind = viewKind(value);
  const tracks = tracksLength(value);
  let q = encoder.writeOpenExtHeader(tracks ? c.EXT_TRACKING_VIEW : c.EXT_VIEW, 0, p);
  q = encoder.writeUint(value.byteOffset, encoder.writeByte(kind, q));
  if (!tracks) q = encoder.writeUint(value.byteLength / ELEMENT_BYTES[kind]!, q);
  const number = encoder.memo.add(buffer);
  if (number >= 0) {
    q = encoder.writeBackReference(number, q);
  } else if (buffer instanceof ArrayBuffer) {
    encoder.extents.first(buffer, 0, buffer.byteLength);
    q = writeResizable(encoder, buffer, q);
  } else {
    q = writeShared(encoder, buffer, q);
  }
  encoder.closeExt(p, q);
  return q;
}

/** `[start, end)` of a buffer: out of band, or a copy. */
function writeBuffer(
  encoder: Encoder,
  buffer: ArrayBuffer,
  start: number,
  end: number,
  outOfBand: boolean,
  p: number,
): number {
  const bytes = new Uint8Array(buffer, start, end - start);
  if (outOfBand) return encoder.writeIndexExt(c.EXT_OUT_OF_BAND, encoder.handOut(bytes), p);
  return encoder.writeBytes(bytes, encoder.writeExtHeader(c.EXT_BUFFER, bytes.length, p));
}

/** A view whose buffer is named, not contained, fits the shortest header: its size goes into one byte. */
function writeShortView(encoder: Encoder, kind: number, byteOffset: number, length: number, p: number): number {
  encoder.need(p, 3);
  encoder.bytes[p] = c.EXT8;
  encoder.bytes[p + 2] = c.EXT_VIEW;
  return writeViewFields(encoder, kind, byteOffset, length, p + 3);
}

function closeShortView(encoder: Encoder, start: number, p: number): number {
  encoder.bytes[start + 1] = p - start - 3;
  return p;
}

function writeViewFields(encoder: Encoder, kind: number, byteOffset: number, length: number, p: number): number {
  return encoder.writeUint(length, encoder.writeUint(byteOffset, encoder.writeByte(kind, p)));
}

function readResizable(decoder: Decoder, size: number): ArrayBuffer {
  const start = decoder.p;
  const end = start + size;
  const maxByteLength = decoder.readUint();
  const bytes = end - decoder.p;
  if (bytes < 0 || bytes > maxByteLength)
    decoder.fail(`a buffer of ${bytes} bytes that may grow to ${maxByteLength}`, start);
  decoder.claimReserve(maxByteLength);
  let buffer: ArrayBuffer;
  try {
    buffer = new ArrayBuffer(bytes, { maxByteLength });
  } catch {
    return decoder.fail(
      `a buffer that may grow to ${maxByteLength} bytes, which is more than this engine can give`,
      start,
    );
  }
  new Uint8Array(buffer).set(decoder.bytes.subarray(decoder.p, end));
  decoder.p = end;
  return decoder.admit(buffer);
}

function readShared(decoder: Decoder, size: number): SharedArrayBuffer {
  const start = decoder.p;
  return decoder.admit(decoder.sharedBuffer(decoder.readIndex(size), start));
}

function readTrackingView(decoder: Decoder): ArrayBufferView {
  const start = decoder.p;
  const slot = decoder.reserve();
  const kind = readKind(decoder);
  const byteOffset = decoder.readUint();
  const buffer = readBufferBelow(decoder);
  const grows =
    buffer instanceof ArrayBuffer ? buffer.resizable : buffer instanceof SharedArrayBuffer && buffer.growable;
  if (!grows) decoder.fail("a view that follows its buffer's length, on one of fixed length", start);
  if (byteOffset > buffer.byteLength || byteOffset % ELEMENT_BYTES[kind]! !== 0) {
    decoder.fail(`${viewName(kind)} at byte ${byteOffset} of a buffer of ${buffer.byteLength}`, start);
  }
  const made = makeTrackingView(kind, buffer as ArrayBuffer, byteOffset);
  decoder.settle(slot, made);
  return made;
}

function readBuffer(decoder: Decoder, size: number): ArrayBuffer {
  const start = decoder.p;
  decoder.p = start + size;
  return decoder.admit(copyBuffer(decoder, start, size));
}

/** MessagePack's bin. */
export function readBin(decoder: Decoder, size: number): Uint8Array {
  const start = decoder.p;
  if (size > decoder.end - start) decoder.truncated();
  decoder.p = start + size;
  const bytes = copyBytes(decoder, start, size);
  decoder.admitView(bytes);
  return bytes;
}

function readInlineView(decoder: Decoder, size: number): ArrayBufferView {
  const start = decoder.p;
  if (size === 0) decoder.fail("a view without its kind");
  const kind = readKind(decoder);
  const bytes = size - 1;
  const length = bytes / ELEMENT_BYTES[kind]!;
  if (!Number.isInteger(length))
    decoder.fail(`${bytes} bytes are no whole number of elements of ${viewName(kind)}`, start);
  decoder.p = start + size;
  // In a graph the buffer has a number: it is asked for at once.
  const short = !decoder.isGraph ? shortView(kind, decoder.bytes, start + 1, length) : null;
  if (short !== null) return short;
  const made = makeView(kind, copyBuffer(decoder, start + 1, bytes), 0, length);
  decoder.admitView(made);
  return made;
}

function readView(decoder: Decoder): ArrayBufferView {
  const start = decoder.p;
  const slot = decoder.reserve();
  const kind = readKind(decoder);
  const byteOffset = decoder.readUint();
  const length = decoder.readUint();
  const elementBytes = ELEMENT_BYTES[kind]!;
  let buffer = readBufferBelow(decoder);
  let base = 0;
  let bytes = buffer.byteLength;
  if (buffer instanceof BufferPart) {
    base = buffer.bytes.byteOffset;
    bytes = buffer.bytes.byteLength;
    buffer = buffer.bytes.buffer as ArrayBuffer;
  }
  if (byteOffset + length * elementBytes > bytes) {
    decoder.fail(
      `${viewName(kind)} of ${length} at ${byteOffset} passes the end of its buffer of ${bytes} bytes`,
      start,
    );
  }
  if ((base + byteOffset) % elementBytes !== 0) {
    const where = `at byte ${base + byteOffset} of its buffer is not aligned`;
    decoder.fail(`${viewName(kind)} ${where}; give buffers at multiples of 8, or copies: .slice()`, start);
  }
  const made = makeView(kind, buffer as ArrayBuffer, base + byteOffset, length);
  decoder.settle(slot, made);
  return made;
}

function readOutOfBand(decoder: Decoder, size: number): ArrayBuffer {
  const start = decoder.p;
  const buffer = decoder.readOutOfBand(size);
  if (buffer instanceof BufferPart) return failPart(decoder, start);
  return buffer;
}

/** The buffer of a view: in the message, out of band, or met before. */
function readBufferBelow(decoder: Decoder): ArrayBufferLike | BufferPart {
  const start = decoder.p;
  const lead = decoder.readByte();
  if (c.isExt(lead)) {
    const size = decoder.readExtSize(lead);
    const code = decoder.readByte();
    if (size > decoder.end - decoder.p) decoder.truncated();
    if (code === c.EXT_OUT_OF_BAND) return decoder.readOutOfBand(size);
    if (code === c.EXT_BUFFER) return readBuffer(decoder, size);
    if (code === c.EXT_RESIZABLE) return readResizable(decoder, size);
    if (code === c.EXT_SHARED) return readShared(decoder, size);
    const buffer = code === c.EXT_BACK_REFERENCE ? decoder.readBackReference(size) : undefined;
    if (types.isAnyArrayBuffer(buffer) || buffer instanceof BufferPart) return buffer;
  }
  return decoder.fail("the buffer of a view is expected", start);
}

/** A part of a buffer can have views, but it is not an ArrayBuffer, and making one would copy. */
export function failPart(decoder: Decoder, at: number): never {
  return decoder.fail(
    "an ArrayBuffer is asked for, but what was given is part of a larger one; give a copy: .slice()",
    at,
  );
}

function readKind(decoder: Decoder): number {
  const kind = decoder.readByte();
  if (kind >= ELEMENT_BYTES.length) decoder.fail(`unknown kind of view ${kind}`, decoder.p - 1);
  return kind;
}

/** Bytes of their own: the message's are the caller's, who may write over them. */
function copyBytes(decoder: Decoder, start: number, size: number): Uint8Array<ArrayBuffer> {
  const { bytes } = decoder;
  // A Buffer's `slice` is no copy.
  if (Object.getPrototypeOf(bytes) === Uint8Array.prototype) return uint8Slice.call(bytes, start, start + size);
  return new Uint8Array(copyBuffer(decoder, start, size));
}

function copyBuffer(decoder: Decoder, start: number, size: number): ArrayBuffer {
  const { buffer, byteOffset } = decoder.bytes;
  if (buffer instanceof ArrayBuffer) return buffer.slice(byteOffset + start, byteOffset + start + size);
  const copy = new Uint8Array(size);
  copy.set(decoder.bytes.subarray(start, start + size));
  return copy.buffer;
}
