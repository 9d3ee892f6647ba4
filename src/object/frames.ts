import type { Blobs } from "../codec/blobs.ts";
import { Decoder, Encoder } from "../codec/index.ts";
import { InvalidArgumentError } from "../errors.ts";
import { Exchange, u64 } from "../native/layout.ts";
import type { Segment } from "../native/segment.ts";
import { Held } from "./held.ts";
import type { Frame } from "./item.ts";
import { ObjectRef, type RefHome } from "./ref.ts";
import { leasedBuffers, leasedReferences } from "./rows.ts";

/** From this many bytes on, a typed array's bytes stand behind the value and are read in place. The core's PM_LARGE_BYTES. */
export const BUFFER_THRESHOLD = 32768;

/** A decoded value and the buffers below it, each with a lease of its own. */
export interface LeasedValue {
  value: unknown;
  buffers: ArrayBuffer[];
}

/**
 * Values to bytes in the exchange and back: where codec and core meet.
 *
 * User code may run while a value is encoded or decoded (getters, reducers) and may call the store again. `busy` says that the
 * exchange is in use; a call that finds it set must go through `aside`.
 */
export class Frames {
  /** A value is being read from, or written to, the exchange. */
  busy = false;
  readonly #segment: Segment;
  readonly #home: RefHome;
  readonly #code: boolean;
  #encoder: Encoder;
  #decoder: Decoder;
  #depth = 0;

  /** `code`: whether functions and classes may be put and got by value. */
  constructor(segment: Segment, home: RefHome, code: boolean) {
    this.#segment = segment;
    this.#home = home;
    this.#code = code;
    this.#encoder = newEncoder(code);
    this.#decoder = new Decoder({ code });
  }

  /** True if a call has the exchange, be it one that waits for user code to return. */
  get inUse(): boolean {
    return this.busy || this.#depth > 0;
  }

  /** Does `work`, which uses the exchange, in the middle of another use of it. */
  aside<T>(work: () => T): T {
    const { data, counts } = this.#segment;
    const savedData = data.slice();
    const savedCounts = counts.slice();
    const encoder = this.#encoder;
    const decoder = this.#decoder;
    this.#encoder = newEncoder(this.#code);
    this.#decoder = new Decoder({ code: this.#code });
    this.busy = false;
    this.#depth++;
    try {
      return work();
    } finally {
      this.#depth--;
      this.#encoder = encoder;
      this.#decoder = decoder;
      data.set(savedData);
      counts.set(savedCounts);
      this.busy = true;
    }
  }

  /**
   * Encodes into the exchange. Returns the bytes if the value is small and plain, so that `plasmid_put_small` can take it; else
   * -1, and `frame` encodes it.
   */
  encodeSmall(value: unknown): number {
    const encoder = this.#encoder;
    this.busy = true;
    try {
      const bytes = encoder.encodeInto(value, this.#segment.data);
      if (encoder.buffers.length === 0 && encoder.references.length === 0) return bytes;
      letGo(encoder);
      return -1;
    } finally {
      this.busy = false;
    }
  }

  /** Encodes into memory of its own. The buffers are the value's, not copies. With `blobs` the value may hold Blobs. */
  frame(value: unknown, flags = 0, name?: Uint8Array, blobs: Blobs | null = null): Frame {
    const encoder = this.#encoder;
    this.busy = true;
    encoder.blobs = blobs;
    try {
      const inband = encoder.encode(value);
      const buffers = encoder.buffers.slice();
      const references = encoder.references.slice() as ObjectRef[];
      letGo(encoder);
      const foreign = references.find(ref => !(ref instanceof ObjectRef));
      if (foreign !== undefined) {
        throw new InvalidArgumentError(
          "the value contains a ref that no store here knows",
          { store: this.#home.name },
          "put refs of this store",
        );
      }
      return { inband, buffers, references, flags, name };
    } finally {
      encoder.blobs = null;
      this.busy = false;
    }
  }

  /** The value of the object that stands at `start` of the exchange's data. */
  copied(start: number, inband: number, buffers: number): unknown {
    this.busy = true;
    try {
      const { data } = this.#segment;
      const copies = buffers === 0 ? null : copiedBuffers(this.#segment, start, inband, buffers);
      return this.#decoder.decodeFrom(data, start, start + inband, copies, null);
    } finally {
      this.busy = false;
    }
  }

  /** The value of the object that `plasmid_peek` just copied to the exchange. */
  peeked(bytes: number): unknown {
    const { counts } = this.#segment;
    const buffers = counts[Exchange.buffers >> 2]!;
    if (buffers !== 0) return this.copied(0, counts[Exchange.inband >> 2]!, buffers);
    this.busy = true;
    try {
      return this.#decoder.decodeFrom(this.#segment.data, 0, bytes, null, null);
    } finally {
      this.busy = false;
    }
  }

  /** The same, and the buffers that are its own. */
  peekedApart(): LeasedValue {
    const { counts, data } = this.#segment;
    const inband = counts[Exchange.inband >> 2]!;
    const count = counts[Exchange.buffers >> 2]!;
    const buffers = count === 0 ? [] : copiedBuffers(this.#segment, 0, inband, count);
    this.busy = true;
    try {
      return { value: this.#decoder.decodeFrom(data, 0, inband, buffers, null), buffers };
    } finally {
      this.busy = false;
    }
  }

  /** The value of a held object, over the buffers that an earlier get took, or `otherwise` if they are gone or not to be trusted. */
  held(held: Held, otherwise: unknown): unknown {
    if (held.turned !== this.#segment.turned[0]) return otherwise;
    const view = held.view();
    if (view !== null) return view;
    const buffers = held.buffers();
    if (buffers === null) return otherwise;
    this.busy = true;
    try {
      return this.#decoder.decodeFrom(held.inband, 0, held.inband.length, buffers, null);
    } finally {
      this.busy = false;
    }
  }

  /** The value of the object that `plasmid_lease` just leased. `remember` gets its record, if it is worth one. */
  leased(remember?: (held: Held) => void): LeasedValue {
    const segment = this.#segment;
    const { counts, words } = segment;
    const inband = counts[Exchange.inband >> 2]!;
    const token = counts[Exchange.inbandToken >> 2]!;
    const at = u64(counts, Exchange.inbandAt);
    const turned = counts[Exchange.turned >> 2]!;
    const self = new ObjectRef(words[0]!, words[1]!, words[2]!, words[3]!, words[4]!, null, null);
    const buffers = leasedBuffers(segment);
    const references = leasedReferences(segment, this.#home);
    this.busy = true;
    try {
      const source = at === 0 ? segment.data : new Uint8Array(segment.glance(at, inband));
      const held =
        remember !== undefined && Held.fits(inband, buffers.length, references.length)
          ? new Held(self, source.slice(0, inband), buffers, turned)
          : null;
      const value = this.#decoder.decodeFrom(source, 0, inband, buffers, references);
      if (held !== null) {
        held.learn(value);
        remember!(held);
      }
      return { value, buffers };
    } finally {
      this.busy = false;
      if (token !== 0) segment.core.plasmid_forget(segment.at, token);
    }
  }
}

function newEncoder(code: boolean): Encoder {
  return new Encoder({ bufferThreshold: BUFFER_THRESHOLD, acceptReferences: true, code });
}

// An encoder keeps what it handed out until its next call: refs and arrays would live too long.
function letGo(encoder: Encoder): void {
  encoder.buffers.length = 0;
  encoder.references.length = 0;
}

// `in-band bytes | table of {offset, bytes} at the next multiple of 8 | buffers`, offsets from the object's first byte.
function copiedBuffers({ data, dataWords }: Segment, start: number, inband: number, count: number): ArrayBuffer[] {
  const object = data.byteOffset + start;
  const buffers = new Array<ArrayBuffer>(count);
  for (let i = 0, at = start + ((inband + 7) & ~7); i < count; i++, at += 16) {
    const from = object + u64(dataWords, at);
    buffers[i] = data.buffer.slice(from, from + u64(dataWords, at + 8)) as ArrayBuffer;
  }
  return buffers;
}
