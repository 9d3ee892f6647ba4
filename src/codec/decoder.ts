import { BufferPart } from "./buffer-part.ts";
import * as c from "./constants.ts";
import { openFrame, readDeep } from "./deep-reader.ts";
import type { Composite } from "./extension.ts";
import { findKey, type Key, keyHeads, recentKeys } from "./key-cache.ts";
import { LinkedInput } from "./linked-input.ts";
import { packedReaders } from "./lists/containers.ts";
import { readList } from "./lists/list.ts";
import { type Callable, type Name, showName } from "./names.ts";
import { OpaqueName } from "./opaque.ts";
import { setProperty } from "./property.ts";
import { type ResolveOptions, resolveName } from "./resolver.ts";
import { signOf } from "./shapes/habit.ts";
import { type ObjectReader, objectReaders } from "./shapes/object-reader.ts";
import { compositeByCode, readerByCode } from "./types/registry.ts";
import { readWideText } from "./types/scalars.ts";
import { failPart, readBin } from "./types/views.ts";

/** What names mean, and limits for bytes that come from strangers. Memory stays in proportion to the message with none of them. */
export interface DecoderOptions extends ResolveOptions {
  /** How many levels of arrays, maps and other containers may be nested. No limit by default; the stack is none. */
  maxDepth?: number;
  /** How many elements all containers may have together, a map's keys and values counted apart. No limit by default. */
  maxElements?: number;
  /**
   * Whether functions and classes that were sent by value are built again, which runs whatever text the message holds. Only for messages
   * whose sender may do anything here. False by default: such a message is refused.
   */
  code?: boolean;
  /** SharedArrayBuffers, by the indexes under which they were written. */
  shared?: ArrayLike<SharedArrayBuffer>;
}

/**
 * Messages to values, many times over. After any error it is as good as new.
 *
 * Decoding runs no code of the message's. Should what it calls (a getter in the tables it was given) call the same decoder again, then
 * another one serves it.
 */
export class Decoder extends LinkedInput {
  /** @internal */
  readonly maxDepth: number;
  /** @internal */
  readonly code: boolean;
  private readonly maxElements: number;
  /**
   * How deep the recursion goes before a stack of its own takes over.
   *
   * @internal
   */
  readonly recursion: number;
  private readonly options: DecoderOptions | undefined;
  private active = false;

  constructor(options?: DecoderOptions) {
    super();
    this.options = options;
    this.maxDepth = options?.maxDepth ?? Number.POSITIVE_INFINITY;
    this.maxElements = options?.maxElements ?? Number.POSITIVE_INFINITY;
    this.code = options?.code === true;
    this.recursion = Math.min(c.MAX_RECURSION, this.maxDepth);
  }

  /**
   * The value of a message.
   *
   * @throws DecodeError if it is no message, or refers to a buffer or reference that was not given.
   */
  decode(
    bytes: Uint8Array,
    buffers: ArrayLike<ArrayBufferLike | Uint8Array> | null = null,
    references: ArrayLike<unknown> | null = null,
  ): unknown {
    try {
      return this.decodeFrom(bytes, 0, bytes.length, buffers, references);
    } finally {
      if (!this.active) this.close();
    }
  }

  /**
   * The value of the message in `source[start, end)`. Nothing of the value is a view of `source`; its buffers out of band are views of
   * those given. The decoder holds on to `source`, in case the next message is in it too.
   *
   * @throws as `decode`; RangeError if `end` is not in `source`.
   */
  decodeFrom(
    source: Uint8Array,
    start: number,
    end: number,
    buffers: ArrayLike<ArrayBufferLike | Uint8Array> | null,
    references: ArrayLike<unknown> | null,
  ): unknown {
    if (!(end <= source.length)) throw new RangeError(`a message that ends at ${end} of ${source.length} bytes`);
    if (this.active) {
      return new Decoder(this.options).decodeFrom(source, start, end, buffers, references);
    }
    this.active = true;
    this.open(source, start, end);
    if (this.budget > this.maxElements) this.budget = this.maxElements;
    this.buffers = buffers;
    this.references = references;
    try {
      if (source[start]! >= c.EXT8 && source[start]! <= c.EXT32) this.openGraph();
      const value = this.read(0);
      if (this.p !== end) this.fail("bytes behind the end of the value");
      return value;
    } finally {
      this.active = false;
      this.objects = null;
      this.buffers = null;
      this.references = null;
    }
  }

  /** If the message is a graph, moves into it. */
  private openGraph(): void {
    const start = this.p;
    const size = this.readExtSize(this.readByte());
    if (this.p >= this.end || this.bytes[this.p] !== c.EXT_GRAPH) {
      this.p = start;
      return;
    }
    this.p++;
    if (size !== this.end - this.p)
      this.fail(`a graph of ${size} bytes in a message that has ${this.end - this.p}`, start);
    const version = this.readByte();
    if (version !== c.FORMAT_VERSION) {
      this.fail(`format version ${version}; this decoder knows ${c.FORMAT_VERSION}`, this.p - 1);
    }
    this.objects = [];
  }

  /**
   * Reads any value; `depth` says how far the recursion went.
   *
   * @internal
   */
  read(depth: number): unknown {
    if (this.p >= this.end) this.truncated();
    const lead = this.bytes[this.p++]!;
    if (lead < 0x80) return lead;
    if (lead < 0x90) return this.readObject(lead & 0x0f, depth);
    if (lead < 0xa0) return this.readArray(lead & 0x0f, depth);
    if (lead < 0xc0) return this.readString(lead & 0x1f);
    if (lead >= 0xe0) return lead - 0x100;
    switch (lead) {
      case c.NIL:
        return null;
      case c.FALSE:
        return false;
      case c.TRUE:
        return true;
      case c.BIN8:
        return readBin(this, this.readByte());
      case c.BIN16:
        return readBin(this, this.readU16());
      case c.BIN32:
        return readBin(this, this.readU32());
      case c.FLOAT32:
        return this.readF32();
      case c.FLOAT64:
        return this.readF64();
      case c.UINT8:
        return this.readByte();
      case c.UINT16:
        return this.readU16();
      case c.UINT32:
        return this.readU32();
      case c.UINT64:
        return this.readU64();
      case c.INT8:
        return (this.readByte() << 24) >> 24;
      case c.INT16:
        return (this.readU16() << 16) >> 16;
      case c.INT32:
        return this.readU32() | 0;
      case c.INT64:
        return this.readI64();
      case c.STR8:
        return this.readString(this.readByte());
      case c.STR16:
        return this.readString(this.readU16());
      case c.STR32:
        return this.readString(this.readU32());
      case c.ARRAY16:
        return this.readArray(this.readU16(), depth);
      case c.ARRAY32:
        return this.readArray(this.readU32(), depth);
      case c.MAP16:
        return this.readObject(this.readU16(), depth);
      case c.MAP32:
        return this.readObject(this.readU32(), depth);
      case 0xc1:
        return this.fail("a byte that MessagePack never uses, 0xc1", this.p - 1);
      default:
        return this.readExt(lead, depth);
    }
  }

  private readArray(count: number, depth: number): unknown[] {
    if (depth >= this.recursion) return readDeep(this, openFrame.array(this, count), depth) as unknown[];
    this.claim(count);
    const array: unknown[] = new Array(count);
    if (this.objects !== null) this.objects.push(array);
    for (let i = 0; i < count; i++) {
      // Only a hole is left as it is; no value stands for it.
      if (this.bytes[this.p] === c.FIXEXT1 && this.skipHole()) continue;
      array[i] = this.read(depth + 1);
    }
    return array;
  }

  /**
   * Whether a hole comes next, which is then behind.
   *
   * @internal
   */
  skipHole(): boolean {
    const { bytes, p } = this;
    if (this.end - p < 3 || bytes[p] !== c.FIXEXT1) return false;
    if (bytes[p + 1] !== c.EXT_CONSTANT || bytes[p + 2] !== c.CONSTANT_HOLE) return false;
    this.p = p + 3;
    return true;
  }

  private readObject(count: number, depth: number): unknown {
    if (depth >= this.recursion) return readDeep(this, openFrame.object(this, count), depth);
    this.claim(count * 2);
    const object: Record<string, unknown> = {};
    if (this.objects !== null) {
      // What may be referred to has to be there before its members are: no code makes it of them.
      this.objects.push(object);
    } else if (objectReaders.knows(count)) {
      const code = this.readerOf(count);
      if (code !== null) return code(this, depth + 1);
    }
    let before = keyHeads[count & 15]!;
    for (let i = 0; i < count; i++) {
      const p = this.p;
      const size = this.bytes[p]! - c.FIXSTR;
      const guess = recentKeys[before.next]!;
      let key: string | null;
      if (size === guess.text.length && p + size < this.end && guess.standsAt(this.bytes, p + 1)) {
        this.p = p + 1 + size;
        before = guess;
        key = guess.text;
      } else {
        const found = this.findKey(size);
        key = found === null ? this.readKey() : found.text;
        if (found !== null) {
          before.next = found.slot;
          before = found;
        }
      }
      if (key === null) return this.readForeignMap(object, count - i, depth + 1);
      const value = this.read(depth + 1);
      if (key === "__proto__") setProperty(object, key, value);
      else object[key] = value;
    }
    return object;
  }

  private readerOf(count: number): ObjectReader | null {
    const { bytes, p } = this;
    return objectReaders.codeFor(signOf(count, bytes[p]!, bytes[p + 1]!));
  }

  /**
   * Reads the members of an object from the i-th on, when code has met another key than it was made for.
   *
   * @returns the object, or the Map that it turns out to be.
   * @internal
   */
  readRest(object: Record<string, unknown>, i: number, count: number, depth: number): object {
    for (; i < count; i++) {
      const key = this.readKey();
      if (key === null) return this.readForeignMap(object, count - i, depth);
      setProperty(object, key, this.read(depth));
    }
    return object;
  }

  /** The key of `size` bytes that comes next, if it is one that is kept; otherwise null, and nothing is read. */
  private findKey(size: number): Key | null {
    const start = this.p + 1;
    // The size is NaN if the message ends here.
    if (!(size >= 0) || start + size > this.end) return null;
    const key = findKey(this.bytes, start, start + size);
    if (key !== null) this.p = start + size;
    return key;
  }

  /**
   * The key of an object's member; null, with nothing read, if what comes next is no text.
   *
   * @internal
   */
  readKey(): string | null {
    const start = this.p;
    if (start >= this.end) this.truncated();
    const lead = this.bytes[start]!;
    this.p = start + 1;
    if (lead >= c.FIXSTR && lead < c.NIL) return this.readString(lead & 0x1f);
    if (lead === c.STR8) return this.readString(this.readByte());
    if (lead === c.STR16) return this.readString(this.readU16());
    if (lead === c.STR32) return this.readString(this.readU32());
    if (c.isExt(lead)) {
      const size = this.readExtSize(lead);
      if (this.readByte() === c.EXT_WIDE_TEXT && size <= this.end - this.p) return readWideText(this, size);
    }
    this.p = start;
    if (this.objects !== null) this.fail("in a message of this format, keys of objects are text");
    return null;
  }

  /** The rest of a map of which some key is no text: other libraries' dictionaries become Maps. */
  private readForeignMap(begun: Record<string, unknown>, count: number, depth: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>(Object.entries(begun));
    for (let i = 0; i < count; i++) map.set(this.read(depth), this.read(depth));
    return map;
  }

  /**
   * The payload size of the extension whose first byte was read; its type comes next.
   *
   * @internal
   */
  readExtSize(lead: number): number {
    if (lead >= c.FIXEXT1) return 1 << (lead - c.FIXEXT1);
    if (lead === c.EXT8) return this.readByte();
    if (lead === c.EXT16) return this.readU16();
    return this.readU32();
  }

  private readExt(lead: number, depth: number): unknown {
    const start = this.p - 1;
    const size = this.readExtSize(lead);
    const code = this.readByte();
    const end = this.p + size;
    if (end > this.end) this.truncated();
    let value: unknown;
    const reader = readerByCode[code];
    if (reader !== undefined) {
      value = reader(this, size);
    } else {
      switch (code) {
        case c.EXT_BACK_REFERENCE:
          value = this.readBackReference(size);
          if (value instanceof BufferPart) failPart(this, start);
          break;
        case c.EXT_REFERENCE:
          value = this.readReference(size);
          break;
        default: {
          const type = compositeByCode[code];
          if (type === undefined) {
            const packed = packedReaders.get(code);
            if (packed === undefined) return this.failType(code, start);
            if (depth >= this.recursion) this.failDepth();
            value = packed(this, depth);
            break;
          }
          if (depth >= this.recursion) return readDeep(this, openFrame.composite(this, type, end), depth);
          value = this.readComposite(type, depth + 1);
        }
      }
    }
    if (this.p !== end) this.fail(`an extension of ${size} bytes whose contents end elsewhere`, start);
    return value;
  }

  /** @internal */
  failType(code: number, at: number): never {
    if (code === c.EXT_GRAPH) return this.fail("a graph inside of a message; it can only be the whole of one", at);
    if ((code >= c.EXT_NUMBERS && code <= c.EXT_BACK_REFERENCES) || code === c.EXT_ARRAYS) {
      return this.fail(`a packed list, extension type ${code}, outside of a packed container`, at);
    }
    return this.fail(`unknown extension type ${code < 0x80 ? code : code - 0x100}`, at);
  }

  /**
   * Reads the list that comes next.
   *
   * @internal
   */
  readList(depth: number): unknown[] {
    return readList(this, depth);
  }

  /**
   * Packed containers are read by recursion alone.
   *
   * @internal
   */
  failDepth(): never {
    return this.fail(`packed, and nested deeper than ${this.recursion}`);
  }

  private readComposite(type: Composite, depth: number): object {
    const start = this.p;
    const slot = this.reserveFor(type);
    const count = this.readPartCount(type);
    const parts: unknown[] = new Array(count);
    let object: object | null = null;
    for (let i = 0; i < count; i++) {
      if (i === type.partsToCreate) object = this.create(type, parts.slice(0, i), slot, start);
      parts[i] = this.read(depth);
    }
    object ??= this.create(type, parts, slot, start);
    this.fill(type, object, parts, start);
    return object;
  }

  /**
   * The number of parts that a composite's payload announces.
   *
   * @internal
   */
  readPartCount(type: Composite): number {
    const start = this.p;
    const lead = this.readByte();
    const fix = type.pairs ? c.FIXMAP : c.FIXARRAY;
    const lead16 = type.pairs ? c.MAP16 : c.ARRAY16;
    let count = 0;
    if (lead >= fix && lead < fix + 16) count = lead - fix;
    else if (lead === lead16) count = this.readU16();
    else if (lead === lead16 + 1) count = this.readU32();
    else this.fail(`extension type ${type.code} holds ${type.pairs ? "a map" : "an array"}`, start);
    const parts = type.pairs ? count * 2 : count;
    this.claim(parts);
    type.guard?.(this);
    return parts;
  }

  /**
   * A number for the object of a composite; -1 if it needs none, being its first part.
   *
   * @internal
   */
  reserveFor(type: Composite): number {
    return type.code < c.FIRST_NUMBERED ? -1 : this.reserve();
  }

  /** @internal */
  create(type: Composite, parts: readonly unknown[], slot: number, at: number): object {
    let object: object | null = null;
    try {
      if (parts.length >= type.partsToCreate) object = type.create(parts, this);
    } catch (error) {
      this.failParts(type, at, error);
    }
    if (object === null) return this.failParts(type, at);
    if (slot >= 0) this.settle(slot, object);
    return object;
  }

  /** @internal */
  fill(type: Composite, object: object, parts: readonly unknown[], at: number): void {
    let fits = false;
    try {
      fits = type.fill(object, parts, this);
    } catch (error) {
      this.failParts(type, at, error);
    }
    if (!fits) this.failParts(type, at);
  }

  private failParts(type: Composite, at: number, error?: unknown): never {
    if (error !== undefined && error === this.failure) throw error;
    if (error === undefined) this.fail(`the parts of extension type ${type.code} don't fit together`, at);
    this.fail(error instanceof Error ? error.message : String(error), at, error);
  }

  /**
   * The SharedArrayBuffer of an index that stands at `at`.
   *
   * @internal
   */
  sharedBuffer(index: number, at: number): SharedArrayBuffer {
    const given = this.options?.shared;
    const buffer = given !== undefined && index < given.length ? given[index] : undefined;
    return (
      buffer ?? this.fail(`SharedArrayBuffer ${index} is not among the ${given?.length ?? 0} given in \`shared\``, at)
    );
  }

  /**
   * The class or function of a name that stands at `at`.
   *
   * @internal
   */
  resolve(name: Name, at: number): unknown {
    let value: Callable | undefined;
    try {
      value = resolveName(name, this.options);
    } catch (error) {
      this.fail(`${showName(name)} can't be looked up: ${error instanceof Error ? error.message : error}`, at, error);
    }
    if (value !== undefined) return value;
    if (this.options?.unknown === "keep") return new OpaqueName(name.name, name.module);
    return this.fail(`class or function ${showName(name)} is not known here; ${REMEDY}`, at);
  }
}

const REMEDY = 'register() it before decoding, or decode with { resolve }, or with { unknown: "keep" }';
