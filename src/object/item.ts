import { type Pointer, ptr } from "bun:ffi";
import { Exchange, Item, Ref, Span, setU64 } from "../native/layout.ts";
import type { ObjectRef } from "./ref.ts";

/** One object to make: what `plasmid_item` says. */
export interface Frame {
  /** The encoded value. */
  inband: Uint8Array;
  /** The buffers that stand behind it. */
  buffers: readonly Uint8Array[];
  /** The refs that the value contains. */
  references: readonly ObjectRef[];
  /** Name in UTF-8. */
  name?: Uint8Array;
  /** Bits of `ItemFlag`. */
  flags: number;
}

/** Bytes of payload that the core will be asked for, near enough for a message. */
export function frameBytes(frame: Frame): number {
  let bytes = frame.inband.byteLength;
  for (const buffer of frame.buffers) bytes += buffer.byteLength;
  return bytes;
}

/** The frames of one call as `plasmid_item[]`, with all the memory that they point to, alive as long as this is. */
export class Items {
  /** To be handed to the core. */
  readonly words: Uint32Array;
  /** The same, signed. */
  readonly signed: Int32Array;
  readonly #alive: unknown[] = [];

  constructor(frames: readonly Frame[]) {
    this.words = new Uint32Array((frames.length * Item.size) / 4);
    this.signed = new Int32Array(this.words.buffer);
    for (let i = 0; i < frames.length; i++) this.#write(i * Item.size, frames[i]!);
  }

  #write(at: number, frame: Frame): void {
    const { words } = this;
    setU64(words, at + Item.inband, this.#address(frame.inband));
    words[(at + Item.inbandBytes) >> 2] = frame.inband.byteLength;
    if (frame.buffers.length > 0) {
      const spans = this.#spans(frame);
      setU64(words, at + Item.buffers, this.#address(spans));
      words[(at + Item.bufferCount) >> 2] = spans.length / (Span.size / 4);
    }
    if (frame.references.length > 0) {
      setU64(words, at + Item.references, this.#address(refWords(frame.references)));
      words[(at + Item.referenceCount) >> 2] = frame.references.length;
    }
    if (frame.name !== undefined) {
      setU64(words, at + Item.name, this.#address(frame.name));
      words[(at + Item.nameBytes) >> 2] = frame.name.byteLength;
    }
    words[(at + Item.flags) >> 2] = frame.flags;
  }

  #spans(frame: Frame): Uint32Array {
    const spans = new Uint32Array((frame.buffers.length * Span.size) / 4);
    let at = 0;
    for (const buffer of frame.buffers) {
      setU64(spans, at + Span.address, this.#address(buffer));
      setU64(spans, at + Span.bytes, buffer.byteLength);
      at += Span.size;
    }
    return spans;
  }

  // An empty array has no address, and needs none.
  #address(array: Uint8Array | Uint32Array | Int32Array): number {
    if (array.byteLength === 0) return 0;
    this.#alive.push(array);
    return ptr(array);
  }

  /** What the core wrote: the token of item `i`. */
  token(i: number): number {
    return this.words[(i * Item.size + Item.token) >> 2]!;
  }

  /** What the core wrote: 0, or why item `i` failed. */
  status(i: number): number {
    return this.signed[(i * Item.size + Item.status) >> 2]!;
  }

  /** Where in `signed` the five words of the ref of item `i` begin, as the core wrote them. */
  refAt(i: number): number {
    return (i * Item.size + Item.ref) >> 2;
  }
}

/** One object without buffers or refs whose value, and name, stand in the exchange: the same item again and again. */
export class SmallItem {
  /** Address for the core. */
  readonly at: Pointer;
  /** As words, signed. */
  readonly words = new Int32Array(Item.size / 4);
  /** Where in it the five words of the ref begin. */
  static readonly refAt = Item.ref >> 2;

  constructor(exchangeAt: number) {
    const words = new Uint32Array(this.words.buffer);
    setU64(words, Item.inband, exchangeAt + Exchange.data);
    setU64(words, Item.name, exchangeAt + Exchange.name);
    this.at = ptr(this.words);
  }

  set(bytes: number, nameBytes: number, flags: number): void {
    this.words[Item.inbandBytes >> 2] = bytes;
    this.words[Item.nameBytes >> 2] = nameBytes;
    this.words[Item.flags >> 2] = flags;
  }

  /** What the core wrote: the handle's token. */
  get token(): number {
    return this.words[Item.token >> 2]!;
  }
}

/** Refs as `plasmid_ref[]`. */
export function refWords(refs: readonly ObjectRef[]): Int32Array {
  const words = new Int32Array((refs.length * Ref.size) / 4);
  for (let i = 0, at = 0; i < refs.length; i++, at += 5) {
    const ref = refs[i]!;
    words[at] = ref.slot;
    words[at + 1] = ref.a;
    words[at + 2] = ref.b;
    words[at + 3] = ref.c;
    words[at + 4] = ref.d;
  }
  return words;
}
