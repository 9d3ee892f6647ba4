import type { ObjectRef } from "./ref.ts";

/** In-band bytes up to this many are kept. */
const INBAND_BYTES = 4096;
/** Objects remembered a store. */
const HELD_OBJECTS = 1024;

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
  readonly #first: WeakRef<ArrayBuffer>;
  readonly #more: WeakRef<ArrayBuffer>[] | null;

  constructor(ref: ObjectRef, inband: Uint8Array, buffers: readonly ArrayBuffer[]) {
    this.slot = ref.slot;
    this.a = ref.a;
    this.b = ref.b;
    this.c = ref.c;
    this.d = ref.d;
    this.inband = inband;
    this.#first = new WeakRef(buffers[0]!);
    this.#more = buffers.length === 1 ? null : buffers.slice(1).map(buffer => new WeakRef(buffer));
  }

  /** True if an object of this shape is worth remembering. */
  static fits(inbandBytes: number, buffers: number, references: number): boolean {
    return inbandBytes <= INBAND_BYTES && buffers > 0 && references === 0;
  }

  /** Fills `into` with the buffers and returns true, if every one still lives and nobody moved it away. */
  gather(into: ArrayBuffer[]): boolean {
    const first = this.#first.deref();
    if (first === undefined || first.detached) return false;
    into[0] = first;
    if (this.#more === null) return true;
    for (let i = 0; i < this.#more.length; i++) {
      const buffer = this.#more[i]!.deref();
      if (buffer === undefined || buffer.detached) return false;
      into[i + 1] = buffer;
    }
    return true;
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
