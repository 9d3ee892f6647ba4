import { type Pointer, ptr } from "bun:ffi";
import { Encoder } from "../codec/index.ts";
import { kindOfPrototype } from "../codec/typed-array.ts";
import { wholeViewMessage } from "../codec/types/views.ts";
import { Exchange, Item, Ref, Span, setU64, u64 } from "../native/layout.ts";
import type { Segment } from "../native/segment.ts";

interface Shape {
  readonly BYTES_PER_ELEMENT: number;
  readonly prototype: object;
  new (buffer: ArrayBuffer): ArrayBufferView;
}

const SPAN_AT = Item.size;
const INBAND_AT = SPAN_AT + Span.size;
/** Bytes for an encoded array whose elements are out of band. */
const INBAND_ROOM = 64;

/**
 * A typed array whose elements are still to be written, as an item: the same one again and again, so that beginning a draft allocates
 * nothing. The name, if it has one, stands in the exchange.
 */
export class DraftItem {
  /** Address for the core. */
  readonly at: Pointer;
  readonly #segment: Segment;
  readonly #words: Uint32Array;
  readonly #inband: Uint8Array;
  readonly #ref: Int32Array;
  readonly #encoder = new Encoder();
  // Drafts of one shape often follow one another.
  #shape: Shape | undefined;
  #bytes = -1;

  constructor(segment: Segment) {
    const memory = new ArrayBuffer(INBAND_AT + INBAND_ROOM);
    this.#segment = segment;
    this.#words = new Uint32Array(memory);
    this.#inband = new Uint8Array(memory, INBAND_AT);
    this.#ref = new Int32Array(memory, Item.ref, Ref.size / 4);
    this.at = ptr(this.#words);
    setU64(this.#words, Item.inband, this.at + INBAND_AT);
    setU64(this.#words, Item.buffers, this.at + SPAN_AT);
    setU64(this.#words, Item.name, segment.exchangeAt + Exchange.name);
    this.#words[Item.bufferCount >> 2] = 1;
  }

  /** An array of `bytes` (not 0) bytes. */
  set(shape: Shape, bytes: number, nameBytes: number, flags: number): void {
    const words = this.#words;
    if (shape !== this.#shape || bytes !== this.#bytes) this.#encode(shape, bytes);
    words[Item.nameBytes >> 2] = nameBytes;
    words[Item.flags >> 2] = flags;
  }

  /** What the core wrote: the address of the elements. */
  get room(): number {
    return u64(this.#words, Item.room);
  }

  /** What the core wrote: the context of the view that will stand there. */
  get context(): number {
    return u64(this.#words, Item.context);
  }

  /** What the core wrote: the five words of the object's ref. */
  refWords(): Int32Array {
    return this.#ref.slice();
  }

  #encode(shape: Shape, bytes: number): void {
    const kind = kindOfPrototype(shape.prototype);
    const inband =
      kind < 0
        ? this.#encodeOther(shape, bytes)
        : wholeViewMessage(this.#encoder, kind, bytes / shape.BYTES_PER_ELEMENT);
    this.#inband.set(inband);
    this.#words[Item.inbandBytes >> 2] = inband.byteLength;
    setU64(this.#words, SPAN_AT + Span.bytes, bytes);
    this.#shape = shape;
    this.#bytes = bytes;
  }

  // A class that a serializer may know. The encoder is shown an array over memory that nobody reads or writes: out of band, only its kind
  // and length matter. The collector counts its bytes, as often as one is made.
  #encodeOther(shape: Shape, bytes: number): Uint8Array {
    const nowhere = this.#segment.nowhere(bytes);
    try {
      return new Encoder({ bufferThreshold: 1 }).encode(new shape(nowhere));
    } finally {
      nowhere.transfer(0);
    }
  }
}
