import type { BufferList } from "./buffer-list.ts";
import * as c from "./constants.ts";
import { BufferExtents } from "./extents.ts";
import { Memo } from "./memo.ts";
import { Output } from "./output.ts";

/** Gives each reference its place in a table that the caller keeps. */
export interface ReferenceEncoder {
  /** The index, 0 to 2^32 - 1, under which the decoder will find this reference. The same reference must get the same index. */
  index(reference: object): number;
}

/** Bytes that refer to what was written before them, and to what is handed out beside them. */
export abstract class LinkedOutput extends Output {
  /** From how many bytes on a buffer is handed out. */
  bufferThreshold = c.DEFAULT_BUFFER_THRESHOLD;
  /** What the last call handed out, in the order of the indexes in the message. Good until the next call. */
  buffers: Uint8Array[] = [];
  /** The references in the last message, each once, in the order of the indexes in it. Good until the next call. */
  references: object[] = [];

  /** @internal Whether a buffer that is large enough is handed out. */
  bufferFilter: ((bytes: Uint8Array) => boolean) | null = null;
  /** @internal What other messages handed out: indexes go on from there. */
  before: BufferList | null = null;

  /** @internal */
  readonly memo = new Memo();
  /** @internal */
  readonly extents = new BufferExtents();
  /** Whether the message so far holds a back reference. */
  protected refersBack = false;
  protected referenceEncoder: ReferenceEncoder | null = null;
  /** Numbers of objects that a decoder can't have made yet, for they need what is being written. */
  protected readonly unmade: number[] = [];
  private readonly referenceMemo = new Memo();
  // Those of the call that is under way: after one inside of it, `buffers` and `references` are that one's.
  private ownBuffers = this.buffers;
  private ownReferences = this.references;

  /** Starts with empty tables. */
  protected openTables(): void {
    if (this.ownBuffers.length > 0) this.ownBuffers.length = 0;
    if (this.ownReferences.length > 0) this.ownReferences.length = 0;
    this.refersBack = false;
    if (this.unmade.length > 0) this.unmade.length = 0;
  }

  /** Shows the tables to the caller, and forgets all objects. */
  protected closeTables(): void {
    this.buffers = this.ownBuffers;
    this.references = this.ownReferences;
    this.forgetObjects();
    this.extents.clear();
  }

  /** To begin anew with what is known of the extents. */
  protected forgetObjects(): void {
    this.memo.clear();
    this.referenceMemo.clear();
  }

  /** @internal */
  writeBackReference(number: number, p: number): number {
    this.checkMade(number);
    this.refersBack = true;
    return this.writeIndexExt(c.EXT_BACK_REFERENCE, number, p);
  }

  /**
   * The message holds back references.
   *
   * @internal
   */
  noteBackReference(): void {
    this.refersBack = true;
  }

  /**
   * Refuses a back reference that a decoder could not follow.
   *
   * @internal
   */
  checkMade(number: number): void {
    if (this.unmade.length > 0 && this.unmade.includes(number)) this.refuseCycle();
  }

  /** Says where a value is needed to make itself. */
  protected abstract refuseCycle(): never;

  /** Refers back to an object that is met again. */
  protected writeAgain(value: object, number: number, p: number): number {
    if (this.extents.any && value instanceof ArrayBuffer) this.bufferAgain(value);
    return this.writeBackReference(number, p);
  }

  /** An ArrayBuffer of which views wrote only a part is wanted whole. */
  protected bufferAgain(value: ArrayBuffer): void {
    if (this.extents.isPart(value)) this.extents.again(value, 0, value.byteLength);
  }

  /** The place of a reference in the table. */
  protected indexOf(reference: object): number {
    const known = this.referenceMemo.add(reference);
    if (known < 0) this.ownReferences.push(reference);
    if (this.referenceEncoder === null) return known < 0 ? this.ownReferences.length - 1 : known;
    const index = this.referenceEncoder.index(reference);
    if (index >>> 0 === index) return index;
    throw new RangeError(`references.index() gave ${index}, which is no index; give an integer from 0 to 2^32 - 1`);
  }

  /**
   * Takes a buffer out of band. Its index.
   *
   * @internal
   */
  handOut(bytes: Uint8Array): number {
    const { before } = this;
    if (before === null) return this.ownBuffers.push(bytes) - 1;
    const known = before.indexOf(bytes);
    return known >= 0 ? known : before.length + this.ownBuffers.push(bytes) - 1;
  }

  /**
   * Whether `[start, end)` of a buffer goes out of band.
   *
   * @internal
   */
  takesOut(buffer: ArrayBuffer, start: number, end: number): boolean {
    if (end - start < this.bufferThreshold) return false;
    return this.bufferFilter === null || this.bufferFilter(new Uint8Array(buffer, start, end - start));
  }
}
