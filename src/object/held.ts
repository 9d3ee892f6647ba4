import { TYPED_ARRAYS } from "../codec/typed-array.ts";
import type { ObjectRef } from "./ref.ts";

/** In-band bytes up to this many are kept. */
const INBAND_BYTES = 4096;
/** Objects remembered a store. */
const HELD_OBJECTS = 1024;

/** The typed arrays that a value may be as a whole. */
const WHOLE = new Map(TYPED_ARRAYS.map(type => [type.prototype, type]));

/**
 * What a get of a large object leaves for the next: its in-band bytes, and its buffers as long as somebody uses them. The next
 * get then decodes anew over the same buffers, without a lease of its own: those buffers have one.
 */
export class Held {
  readonly slot: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** The in-band bytes. */
  readonly inband: Uint8Array;
  /** `Segment.turned` when the buffers were leased: if it grew since, they may show what somebody wrote to them. */
  readonly turned: number;
  readonly #first: WeakRef<ArrayBuffer>;
  readonly #more: WeakRef<ArrayBuffer>[] | null;
  // Of a value that is one typed array: all there is to know, so that nothing need be decoded.
  #type: (typeof TYPED_ARRAYS)[number] | null = null;
  #byteOffset = 0;
  #length = 0;

  constructor(ref: ObjectRef, inband: Uint8Array, buffers: readonly ArrayBuffer[], turned: number) {
    this.slot = ref.slot;
    this.a = ref.a;
    this.b = ref.b;
    this.c = ref.c;
    this.d = ref.d;
    this.inband = inband;
    this.turned = turned;
    this.#first = new WeakRef(buffers[0]!);
    this.#more = buffers.length === 1 ? null : buffers.slice(1).map(buffer => new WeakRef(buffer));
  }

  /** True if an object of this shape is worth remembering. */
  static fits(inbandBytes: number, buffers: number, references: number): boolean {
    return inbandBytes <= INBAND_BYTES && buffers > 0 && references === 0;
  }

  /** Takes down the shape of the decoded value, if it is nothing but a typed array over the buffer. */
  learn(value: unknown): void {
    if (this.#more !== null || !ArrayBuffer.isView(value)) return;
    const type = WHOLE.get(Object.getPrototypeOf(value));
    if (type === undefined || value.buffer !== this.#first.deref()) return;
    this.#type = type;
    this.#byteOffset = value.byteOffset;
    this.#length = (value as Uint8Array).length;
  }

  /** A new typed array, if the value is one and its buffer lives and was not moved away; else null. */
  view(): unknown {
    const type = this.#type;
    if (type === null) return null;
    const buffer = this.#first.deref();
    if (buffer === undefined || buffer.detached) return null;
    // By name, the compiler makes an allocation of it; otherwise it is a call.
    if (type === Float64Array) return new Float64Array(buffer, this.#byteOffset, this.#length);
    if (type === Float32Array) return new Float32Array(buffer, this.#byteOffset, this.#length);
    if (type === Uint8Array) return new Uint8Array(buffer, this.#byteOffset, this.#length);
    if (type === Int32Array) return new Int32Array(buffer, this.#byteOffset, this.#length);
    return new type(buffer, this.#byteOffset, this.#length);
  }

  /** The buffers, if every one still lives and nobody moved it away; else null. */
  buffers(): ArrayBuffer[] | null {
    const first = this.#first.deref();
    if (first === undefined || first.detached) return null;
    const buffers = [first];
    if (this.#more === null) return buffers;
    for (const more of this.#more) {
      const buffer = more.deref();
      if (buffer === undefined || buffer.detached) return null;
      buffers.push(buffer);
    }
    return buffers;
  }
}

/** The held objects of a store, by slot; the oldest goes when there are too many. */
export class HeldObjects {
  readonly #bySlot = new Map<number, Held>();

  /** The record of the object whose ref stands in `words`, or null. */
  find(words: Int32Array): Held | null {
    const held = this.#bySlot.get(words[0]!);
    if (held === undefined) return null;
    const same = held.a === words[1] && held.b === words[2] && held.c === words[3] && held.d === words[4];
    if (!same) this.#bySlot.delete(words[0]!);
    return same ? held : null;
  }

  add(held: Held): void {
    this.#bySlot.delete(held.slot);
    if (this.#bySlot.size >= HELD_OBJECTS) {
      this.#bySlot.delete(this.#bySlot.keys().next().value!);
    }
    this.#bySlot.set(held.slot, held);
  }

  clear(): void {
    this.#bySlot.clear();
  }
}
