import { Blobs } from "./blobs.ts";
import { BufferList } from "./buffer-list.ts";
import { DEFAULT_BUFFER_THRESHOLD } from "./constants.ts";
import { Encoder } from "./encoder.ts";
import type { ReferenceEncoder } from "./linked-output.ts";
import { StandardWriter } from "./standard.ts";

/** How `encode` treats buffers and references. */
export interface EncodeOptions {
  /**
   * If given, large buffers are not copied into the message: their bytes, still the value's own memory, are pushed here, and `decode`
   * wants the same ones in the same order. What is in the list already stays: several messages may share one list, and then all of them
   * are decoded with all of it. What one of them handed out before is not pushed again.
   */
  buffers?: Uint8Array[];
  /** From how many bytes on a buffer counts as large. 512 by default; means nothing without `buffers`. */
  bufferThreshold?: number;
  /**
   * Asked for each large buffer, with its bytes: false keeps it in the message, as what pickle's buffer callback says to. May be asked
   * twice for one buffer, of which it should say the same. Means nothing without `buffers`.
   */
  bufferFilter?: (bytes: Uint8Array) => boolean;
  /** Where references to objects of a store get their numbers. Without it a reference is refused. */
  references?: ReferenceEncoder;
  /**
   * Writes nothing but the types of the MessagePack specification, for readers in other languages: no extension of Plasmid's. What has
   * no form there (undefined, holes, Sets, most typed arrays, classes, cycles) is refused; what is shared is written again; a Map is a
   * map; a BigInt of up to 64 bits is an integer; an ArrayBuffer is a bin. False by default; not together with `buffers` or `references`.
   */
  standard?: boolean;
  /**
   * Whether functions and classes may be sent by value: as their text, which a decoder evaluates if it was told to as well. What they
   * close over is named with `capture`. False by default.
   */
  code?: boolean;
  /** Whether errors keep their stacks. True by default, as structured clone does. */
  errorStacks?: boolean;
  /**
   * If given, SharedArrayBuffers are pushed here, and `decode` wants the same ones: so they stay what they are, between threads and
   * parts of one process. Without it they are refused.
   */
  shared?: SharedArrayBuffer[];
}

/** Taken while in use, so that an `encode` inside a getter makes its own. */
let spare: Encoder | null = null;
let spareApart: Encoder | null = null;

/**
 * The bytes of a value: MessagePack if it is plain data, with extensions for the rest; docs/format.md has them all.
 *
 * @throws EncodeError if the value holds what can't be encoded, naming where; what its getters throw; TypeError for
 * options that exclude each other.
 */
export function encode(value: unknown, options?: EncodeOptions): Uint8Array<ArrayBuffer> {
  if (options !== undefined) return encodeWith(value, options);
  const encoder = spare ?? new Encoder({ bufferThreshold: Number.POSITIVE_INFINITY });
  spare = null;
  try {
    return encoder.encode(value);
  } finally {
    spare = encoder;
  }
}

/**
 * As `encode`, for values that hold Blobs or Files, whose bytes take time to read. The value is read before and after: it must not
 * change meanwhile. A getter or a reduce may make its Blobs anew each time, in the same order, of the same types and sizes.
 *
 * @throws as `encode`, by rejecting; EncodeError for a Blob that can't be read, what it throws being the cause.
 */
export async function encodeAsync(value: unknown, options: EncodeOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const blobs = new Blobs();
  const { message, buffers, shared } = await blobs.run(() => {
    const buffers = options.buffers?.slice();
    const shared = options.shared?.slice();
    return { message: encodeWith(value, { ...options, buffers, shared }, blobs), buffers, shared };
  });
  for (const buffer of buffers?.slice(options.buffers?.length) ?? []) options.buffers?.push(buffer);
  for (const one of shared?.slice(options.shared?.length) ?? []) options.shared?.push(one);
  return message;
}

function encodeWith(value: unknown, options: EncodeOptions, blobs: Blobs | null = null): Uint8Array<ArrayBuffer> {
  const { buffers, bufferFilter, references, code, errorStacks, shared } = options;
  if (options.standard === true) {
    if (buffers === undefined && references === undefined && code !== true) return new StandardWriter().encode(value);
    throw new TypeError("`standard` leaves no place for `buffers`, `references` or `code`: they are extensions");
  }
  const threshold = options.bufferThreshold ?? DEFAULT_BUFFER_THRESHOLD;
  const bufferThreshold = buffers === undefined ? Number.POSITIVE_INFINITY : threshold;
  if (buffers?.length === 0 && blobs === null && isBuffersOnly(options)) {
    return encodeApart(value, buffers, bufferThreshold);
  }
  const encoder = new Encoder({ bufferThreshold, bufferFilter, references, code, errorStacks, shared });
  encoder.blobs = blobs;
  if (buffers !== undefined && buffers.length > 0) encoder.before = new BufferList(buffers);
  const message = encoder.encode(value);
  if (buffers !== undefined) for (const buffer of encoder.buffers) buffers.push(buffer);
  return message;
}

/** Whether a kept encoder will do: all else is fixed when one is made. */
function isBuffersOnly({ bufferFilter, references, code, errorStacks, shared }: EncodeOptions): boolean {
  if (bufferFilter !== undefined || references !== undefined || shared !== undefined) return false;
  return code === undefined && errorStacks === undefined;
}

/** As `encode`, by an encoder that is kept. It must not keep the value's buffers. */
function encodeApart(value: unknown, buffers: Uint8Array[], bufferThreshold: number): Uint8Array<ArrayBuffer> {
  const encoder = spareApart ?? new Encoder();
  spareApart = null;
  encoder.bufferThreshold = bufferThreshold;
  try {
    const message = encoder.encode(value);
    for (const buffer of encoder.buffers) buffers.push(buffer);
    return message;
  } finally {
    encoder.buffers.length = 0;
    spareApart = encoder;
  }
}
