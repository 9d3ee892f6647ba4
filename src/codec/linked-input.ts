import { BufferPart } from "./buffer-part.ts";
import { Input } from "./input.ts";

/** The place of an object that has a number but is not made yet. */
const UNMADE = Symbol("not made yet");

/** Bytes that refer to what came before them, and to what was given beside them. */
export class LinkedInput extends Input {
  /** Objects by number, in a message that refers back; null in all others. */
  protected objects: unknown[] | null = null;
  protected buffers: ArrayLike<ArrayBufferLike | Uint8Array> | null = null;
  protected references: ArrayLike<unknown> | null = null;

  /** Whether the message refers back to objects in it. */
  get isGraph(): boolean {
    return this.objects !== null;
  }

  /** Gives an object its number, if the message refers to any. */
  admit<T>(object: T): T {
    if (this.objects !== null) this.objects.push(object);
    return object;
  }

  /** Gives each of some objects its number. */
  admitAll(objects: readonly object[]): void {
    if (this.objects === null) return;
    for (const object of objects) this.objects.push(object);
  }

  /** A view that brought its own bytes takes two numbers: its own and its buffer's. */
  admitView(view: ArrayBufferView): void {
    if (this.objects !== null) this.objects.push(view, view.buffer);
  }

  /** Keeps a number for an object that can't be made yet. */
  reserve(): number {
    return this.objects === null ? -1 : this.objects.push(UNMADE) - 1;
  }

  /** The object of a number that was kept. */
  settle(slot: number, object: unknown): void {
    if (this.objects !== null) this.objects[slot] = object;
  }

  /** @internal */
  readIndex(size: number): number {
    if (size === 1) return this.readByte();
    if (size === 2) return this.readU16();
    if (size === 4) return this.readU32();
    return this.fail(`an index has 1, 2 or 4 bytes, not ${size}`);
  }

  /** @internal */
  readBackReference(size: number): unknown {
    const start = this.p;
    return this.objectOf(this.readIndex(size), start);
  }

  /**
   * The object of a number, which was read at `start`.
   *
   * @internal
   */
  objectOf(number: number, start: number): unknown {
    if (this.objects === null) return this.fail("a back reference in a message that does not announce any", start);
    if (number >= this.objects.length) {
      this.fail(`refers to object ${number}, but only ${this.objects.length} came before`, start);
    }
    const object = this.objects[number];
    if (object === UNMADE) this.fail(`refers to object ${number}, which is not complete`, start);
    return object;
  }

  /** @internal */
  readReference(size: number): unknown {
    const start = this.p;
    const index = this.readIndex(size);
    const references = this.references;
    if (references !== null && index < references.length) return references[index];
    return this.fail(`reference ${index} is not among the ${references?.length ?? 0} given; give it a store`, start);
  }

  /**
   * What was given for a buffer out of band.
   *
   * @internal
   */
  readOutOfBand(size: number): ArrayBuffer | BufferPart {
    const start = this.p;
    const index = this.readIndex(size);
    const { buffers } = this;
    const given = buffers !== null && index < buffers.length ? buffers[index] : undefined;
    if (given === undefined) {
      return this.fail(`buffer ${index} is not among the ${buffers?.length ?? 0} given in \`buffers\``, start);
    }
    if (!ArrayBuffer.isView(given)) return this.admit(given as ArrayBuffer);
    if (given.byteLength === given.buffer.byteLength) return this.admit(given.buffer as ArrayBuffer);
    return this.admit(new BufferPart(given));
  }
}
