import type { Blobs } from "./blobs.ts";
import * as c from "./constants.ts";
import { writeDeep } from "./deep-writer.ts";
import { EncodeError } from "./errors.ts";
import type { Composite, Leaf } from "./extension.ts";
import { ChangedWhileEncoding } from "./extents.ts";
import { Gaps } from "./gaps.ts";
import { LinkedOutput, type ReferenceEncoder } from "./linked-output.ts";
import { writePackedArray, writePackedMap, writePackedSet } from "./lists/containers.ts";
import { writeList } from "./lists/list.ts";
import { MIN_VIEWS, writeViews } from "./lists/views.ts";
import type { Callable } from "./names.ts";
import { FULL } from "./output.ts";
import { Refusal } from "./reasons.ts";
import { explainRefusal, explainRevoked } from "./refusal.ts";
import { signOf } from "./shapes/habit.ts";
import { NOT_WRITTEN, objectWriters } from "./shapes/object-writer.ts";
import { baseTypeOf } from "./types/base.ts";
import { sizeOfMap } from "./types/collections.ts";
import { isOrdinaryObject } from "./types/ordinary.ts";
import { writeBigInt } from "./types/scalars.ts";
import { isPlainArray, isPlainObject, typeOf } from "./types/select.ts";
import { emptiness, isSparse, sparseArray } from "./types/sparse-array.ts";
import { writeSymbol } from "./types/symbols.ts";
import { isBareBuffer } from "./types/views.ts";

const INITIAL_BYTES = 4096;
/** An encoder does not keep more than this between messages. */
const KEPT_BYTES = 1 << 24;

const objectPrototype = Object.prototype;

/** What an `Encoder` is made with. */
export interface EncoderOptions {
  /**
   * From how many bytes on the bytes of a buffer are handed out in `encoder.buffers` rather than copied. 512 by default; `Infinity`
   * keeps all of them in the message.
   */
  bufferThreshold?: number;
  /** Asked for each buffer from the threshold on, with its bytes, perhaps twice: false keeps it in the message. */
  bufferFilter?: (bytes: Uint8Array) => boolean;
  /** Whether references may be written; `encoder.references` lists them. False by default. */
  acceptReferences?: boolean;
  /** Numbers the references instead of `encoder.references`. */
  references?: ReferenceEncoder;
  /** Whether functions and classes without a name are written by value, as text that decoders who allow it evaluate. False by default. */
  code?: boolean;
  /** Whether errors keep their stacks. True by default, as structured clone does. */
  errorStacks?: boolean;
  /** Where SharedArrayBuffers go, which can't leave their process. Without it they are refused. */
  shared?: SharedArrayBuffer[];
}

/**
 * Values to bytes, many times over: an encoder keeps its memory from one call to the next.
 *
 * A getter in the value may call the same encoder again; it is served by another one.
 */
export class Encoder extends LinkedOutput {
  /** Whether references may be written. */
  acceptReferences: boolean;
  /** Whether functions and classes may be written by value. */
  readonly code: boolean;
  /** Whether errors keep their stacks. */
  readonly errorStacks: boolean;
  /** @internal Where SharedArrayBuffers go. */
  readonly shared: SharedArrayBuffer[] | null;
  /** @internal The bytes of Blobs, if they may be read. */
  blobs: Blobs | null = null;
  private readonly options: EncoderOptions | undefined;
  private root: unknown = undefined;
  private active = false;
  private readonly ownGaps = new Gaps();
  /** What `wrapGraph` put before the message. */
  private headBytes = 0;
  private readonly own = { bytes: this.bytes, view: this.view };
  private target: { bytes: Uint8Array; view: DataView } | null = null;

  constructor(options?: EncoderOptions) {
    super(INITIAL_BYTES);
    this.bufferThreshold = options?.bufferThreshold ?? c.DEFAULT_BUFFER_THRESHOLD;
    this.bufferFilter = options?.bufferFilter ?? null;
    this.acceptReferences = options?.acceptReferences ?? options?.references !== undefined;
    this.code = options?.code === true;
    this.errorStacks = options?.errorStacks !== false;
    this.shared = options?.shared ?? null;
    this.options = options;
    this.referenceEncoder = options?.references ?? null;
  }

  /**
   * The message for a value, in memory of its own. Fills `buffers` and `references`.
   *
   * @throws EncodeError if something in it can't be encoded, naming the path to it; what its getters throw.
   */
  encode(value: unknown): Uint8Array<ArrayBuffer> {
    if (this.active) return this.encodeAside(value);
    this.useOwn();
    this.ownGaps.clear();
    try {
      const end = this.run(value);
      if (this.ownGaps.isEmpty) return this.bytes.slice(0, end) as Uint8Array<ArrayBuffer>;
      return this.ownGaps.fill(this.bytes, end, this.headBytes);
    } finally {
      this.ownGaps.clear();
      this.keepOwn();
    }
  }

  /**
   * Writes the message for a value to the start of `target`, which is meant to be the same one each time. Fills `buffers` and
   * `references`.
   *
   * @returns its bytes; -1 if it did not fit, or if it was called from within an encoding: then `encode` will do. What `target`
   * holds is then undefined, except in the second case: untouched.
   * @throws as `encode`
   */
  encodeInto(value: unknown, target: Uint8Array): number {
    if (this.active) return -1;
    this.useTarget(target);
    try {
      return this.run(value);
    } catch (error) {
      if (error === FULL) return -1;
      throw error;
    }
  }

  private run(value: unknown): number {
    this.active = true;
    this.root = value;
    this.openTables();
    try {
      let end = this.write(value, 0, 0);
      if (this.extents.unsettled) {
        this.extents.settle();
        this.forgetObjects();
        this.openTables();
        this.ownGaps.clear();
        end = this.write(value, 0, 0);
      }
      this.headBytes = 0;
      return this.refersBack ? this.wrapGraph(end) : end;
    } catch (error) {
      if (error instanceof ChangedWhileEncoding) {
        throw new EncodeError("a getter gave another view the second time it was asked; encode a snapshot of it", "$");
      }
      throw (error instanceof TypeError ? explainRevoked(this, value, error) : null) ?? error;
    } finally {
      this.active = false;
      this.root = undefined;
      this.closeTables();
    }
  }

  private encodeAside(value: unknown): Uint8Array<ArrayBuffer> {
    const { bufferThreshold, acceptReferences } = this;
    const other = new Encoder({ ...this.options, bufferThreshold, acceptReferences });
    other.blobs = this.blobs;
    const message = other.encode(value);
    this.buffers = other.buffers;
    this.references = other.references;
    return message;
  }

  private useTarget(target: Uint8Array): void {
    this.fixed = true;
    this.gaps = null;
    if (this.bytes === target) return;
    if (this.target?.bytes !== target) {
      this.target = { bytes: target, view: new DataView(target.buffer, target.byteOffset, target.byteLength) };
    }
    this.bytes = target;
    this.view = this.target.view;
    this.capacity = target.length;
  }

  private useOwn(): void {
    this.fixed = false;
    this.gaps = this.ownGaps;
    this.bytes = this.own.bytes;
    this.view = this.own.view;
    this.capacity = this.own.bytes.length;
  }

  private keepOwn(): void {
    if (this.bytes === this.own.bytes) return;
    if (this.capacity > KEPT_BYTES) {
      // It must not wait for the next call to be let go.
      this.useOwn();
      return;
    }
    this.own.bytes = this.bytes;
    this.own.view = this.view;
  }

  /**
   * Writes any value at `p`; `depth` says how far the recursion went.
   *
   * @internal
   */
  write(value: unknown, p: number, depth: number): number {
    switch (typeof value) {
      case "string":
        return this.writeString(value, p);
      case "number":
        return this.writeNumber(value, p);
      case "object":
        if (value !== null) return this.writeObject(value, p, depth);
        return this.writeByte(c.NIL, p);
      case "boolean":
        return this.writeByte(value ? c.TRUE : c.FALSE, p);
      case "undefined":
        return this.writeConstant(c.CONSTANT_UNDEFINED, p);
      case "bigint":
        return writeBigInt(this, value, p);
      case "symbol":
        return writeSymbol(this, value, p);
      default:
        return this.writeFunction(value as Callable, p, depth);
    }
  }

  private writeObject(value: object, p: number, depth: number): number {
    if (Array.isArray(value)) {
      const number = this.memo.add(value);
      if (number >= 0) return this.writeBackReference(number, p);
      if (!isPlainArray(value)) return this.writeTyped(value, Object.getPrototypeOf(value) as object | null, p, depth);
      if (depth >= c.MAX_RECURSION) return writeDeep(this, value, null, p);
      return this.writeArray(value, p, depth + 1);
    }
    if ((value as { [c.REFERENCE_MARK]?: unknown })[c.REFERENCE_MARK] === true) return this.writeReference(value, p);
    const number = this.memo.add(value);
    if (number >= 0) return this.writeAgain(value, number, p);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === objectPrototype) {
      if (depth >= c.MAX_RECURSION) return writeDeep(this, value, this.typeIn(value) as Composite | null, p);
      return this.writePlainObject(value as Record<string, unknown>, p, depth + 1);
    }
    return this.writeTyped(value, prototype, p, depth);
  }

  /** Writes an object, numbered already, that is more than a plain array or object. */
  private writeTyped(value: object, prototype: object | null, p: number, depth: number): number {
    return this.writeAs(this.typeOf(value, prototype), value, p, depth);
  }

  private writeAs(type: Leaf | Composite | null, value: object, p: number, depth: number): number {
    if (type?.kind === "leaf") return this.writeLeaf(type, value, p);
    if (depth >= c.MAX_RECURSION) return writeDeep(this, value, type, p);
    if (type !== null) return this.writeComposite(type, value, p, depth + 1);
    if (Array.isArray(value)) return this.writeArray(value, p, depth + 1);
    return this.writeMembers(value as Record<string, unknown>, Object.keys(value), p, depth + 1);
  }

  private writeFunction(value: Callable, p: number, depth: number): number {
    const number = this.memo.add(value);
    if (number >= 0) return this.writeBackReference(number, p);
    return this.writeAs(this.typeOf(value, null), value, p, depth);
  }

  /**
   * Writes what has no parts to descend to, and a back reference for what was met before; gives -1, having numbered the object, for
   * one that the caller must open.
   *
   * @internal
   */
  writeShallow(value: unknown, p: number): number {
    if (typeof value === "function") {
      const number = this.memo.add(value);
      if (number >= 0) return this.writeBackReference(number, p);
      const type = this.typeOf(value, null) as Leaf | Composite;
      return type.kind === "leaf" ? this.writeLeaf(type, value, p) : -1;
    }
    if (typeof value !== "object" || value === null) return this.write(value, p, 0);
    const isArray = Array.isArray(value);
    if (!isArray && (value as { [c.REFERENCE_MARK]?: unknown })[c.REFERENCE_MARK] === true) {
      return this.writeReference(value, p);
    }
    const number = this.memo.add(value);
    if (number >= 0) return this.writeAgain(value, number, p);
    const type = this.typeIn(value);
    return type?.kind === "leaf" ? this.writeLeaf(type, value, p) : -1;
  }

  /**
   * How any object is written, plain ones too, which are null.
   *
   * @internal
   */
  typeIn(value: object): Leaf | Composite | null {
    if (typeof value === "function") return this.typeOf(value, null);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (Array.isArray(value) ? isPlainArray(value) : prototype === objectPrototype && isPlainObject(value)) return null;
    return this.typeOf(value, prototype);
  }

  /** @internal */
  typeOf(value: object, prototype: object | null): Leaf | Composite | null {
    try {
      return typeOf(value, prototype, this.code);
    } catch (error) {
      if (error instanceof Refusal) this.refuse(value);
      throw error;
    }
  }

  private writeArray(array: readonly unknown[], p: number, depth: number): number {
    const length = array.length;
    // Only a Proxy's can be anything else.
    if (length >>> 0 !== length) this.refuse(array);
    if (isSparse(array)) return this.writeComposite(sparseArray as unknown as Composite, array, p, depth);
    if (this.mayPack(length)) {
      const q = writePackedArray(this, array, p, depth);
      if (q >= 0) return q;
    }
    p = this.writeArrayHeader(length, p);
    if (length >= MIN_VIEWS) {
      const q = writeViews(this, array, length, p);
      if (q >= 0) return q;
    }
    for (let i = 0; i < length; i++) {
      const element = array[i];
      if (typeof element === "number") p = this.writeNumber(element, p);
      else if (element === undefined) p = this.writeConstant(emptiness(array, i), p);
      else p = this.write(element, p, depth);
    }
    return p;
  }

  private writePlainObject(object: Record<string, unknown>, p: number, depth: number): number {
    const keys = Object.keys(object);
    if (!isOrdinaryObject(object, keys.length)) return this.writeTyped(object, objectPrototype, p, depth - 1);
    return this.writeMembers(object, keys, p, depth);
  }

  private writeByHabit(object: Record<string, unknown>, keys: readonly string[], p: number, depth: number): number {
    const first = keys[0]!;
    const code = objectWriters.codeFor(signOf(keys.length, first.length, first.charCodeAt(0)));
    return code === null ? NOT_WRITTEN : code(this, object, keys, p, depth);
  }

  private writeMembers(object: Record<string, unknown>, keys: readonly string[], p: number, depth: number): number {
    const count = keys.length;
    if (count > 0 && objectWriters.knows(count)) {
      const q = this.writeByHabit(object, keys, p, depth);
      if (q >= 0) return q;
    }
    p = this.writeMapHeader(count, p);
    // for-in reads properties several times faster than `object[keys[i]]`. It may also stray, to inherited properties or past ones
    // that a getter deletes; so it counts only as long as it agrees with the keys.
    let i = 0;
    for (const key in object) {
      if (i >= count || key !== keys[i]) break;
      const value = object[key];
      p = this.writeString(key, p);
      if (typeof value === "number") p = this.writeNumber(value, p);
      else if (typeof value === "string") p = this.writeString(value, p);
      else p = this.write(value, p, depth);
      i++;
    }
    for (; i < count; i++) {
      const key = keys[i]!;
      p = this.write(object[key], this.writeString(key, p), depth);
    }
    return p;
  }

  private writeComposite(type: Composite, value: object, p: number, depth: number): number {
    if (type.code === c.EXT_MAP && this.mayPack(sizeOfMap(value))) {
      const packed = writePackedMap(this, value as Map<unknown, unknown>, p, depth);
      if (packed >= 0) return packed;
    }
    const parts = this.partsOf(type, value);
    if (type.code === c.EXT_SET && this.mayPack(parts.length)) {
      const packed = writePackedSet(this, parts, p, depth);
      if (packed >= 0) return packed;
    }
    let q = this.writePartsHeader(type, parts.length, p);
    let i = 0;
    if (type.wraps === true) {
      const base = baseTypeOf(parts[i++] as object);
      q = this.writeAs(base, base?.underneath?.(value) ?? value, q, depth);
    } else if (type.partsToCreate > 0) {
      this.beginMaking(value);
      for (; i < type.partsToCreate; i++) q = this.write(parts[i], q, depth);
      this.endMaking();
    }
    for (; i < parts.length; i++) q = this.write(parts[i], q, depth);
    this.closeExt(p, q);
    return q;
  }

  /**
   * Writes values as a list, packed or one by one.
   *
   * @internal
   */
  writeList(values: readonly unknown[], count: number, p: number, depth: number): number {
    return writeList(this, values, count, p, depth);
  }

  /** Whether a list of so many elements may be packed. It is the only place that decides it. */
  private mayPack(count: number): boolean {
    return count >= c.PACKED_MIN;
  }

  /**
   * Until `endMaking`, a reference to this object, which is numbered already, would come too early.
   *
   * @internal
   */
  beginMaking(object: object): void {
    this.unmade.push(this.memo.add(object));
  }

  /** @internal */
  endMaking(): void {
    this.unmade.pop();
  }

  /** @internal */
  writePartsHeader(type: Composite, count: number, p: number): number {
    const q = this.writeOpenExtHeader(type.code, 0, p);
    return type.pairs ? this.writeMapHeader(count / 2, q) : this.writeArrayHeader(count, q);
  }

  /** @internal */
  partsOf(type: Composite, value: object): readonly unknown[] {
    try {
      return type.parts(value, this);
    } catch (error) {
      if (error instanceof Refusal) this.refuse(value, error.cause);
      if (error instanceof TypeError && (type.prototypes.length > 0 || typeof value === "function")) this.refuse(value);
      throw error;
    }
  }

  /** @internal */
  writeLeaf(type: Leaf, value: object, p: number): number {
    try {
      return type.write(this, value, p);
    } catch (error) {
      if (error instanceof TypeError) this.refuse(value);
      throw error;
    }
  }

  private writeReference(reference: object, p: number): number {
    if (!this.acceptReferences) this.refuse(reference);
    return this.writeIndexExt(c.EXT_REFERENCE, this.indexOf(reference), p);
  }

  /**
   * Says what is wrong with a value, and where in the root it sits.
   *
   * @internal
   */
  refuse(value: unknown, cause?: unknown): never {
    throw explainRefusal(this, this.root, value, cause);
  }

  protected override bufferAgain(value: ArrayBuffer): void {
    // A view that brought it brought its bytes alone.
    if (!this.extents.adorned.has(value) && !isBareBuffer(value)) this.refuse(value);
    super.bufferAgain(value);
  }

  protected refuseCycle(): never {
    return this.refuse(undefined);
  }

  /** Announces that the message refers back to parts of itself, so that decoders of others need not remember any. */
  private wrapGraph(end: number): number {
    const size = end + 1 + this.ownGaps.since(0);
    const header = size < 0x100 ? 3 : 6;
    this.headBytes = header + 1;
    this.need(end, header + 1);
    const bytes = this.bytes;
    bytes.copyWithin(header + 1, 0, end);
    if (header === 3) {
      bytes[0] = c.EXT8;
      bytes[1] = size;
      bytes[2] = c.EXT_GRAPH;
    } else {
      this.writeOpenExtHeader(c.EXT_GRAPH, size, 0);
    }
    bytes[header] = c.FORMAT_VERSION;
    return end + header + 1;
  }
}

const debug = Number(process.env.PLASMID_CODEC_DEBUG);
if (debug > 0)
  (require("./inspect/narrate.ts") as typeof import("./inspect/narrate.ts")).narrate(Encoder.prototype, debug);
