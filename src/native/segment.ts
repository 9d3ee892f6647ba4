import { type Pointer, ptr, toArrayBuffer as toArrayBufferOf } from "bun:ffi";
import type { StoreError } from "../errors.ts";
import { failure } from "./failure.ts";
import { DATA_BYTES, Exchange, NAME_BYTES, Options, setU64 } from "./layout.ts";
import { type Symbols, symbols } from "./symbols.ts";

/** The part of it that is about spilling. Sizes in bytes, 0 for the default. */
export interface SpillSettings {
  /** Absolute paths. */
  folders: readonly string[];
  /** Of all files. */
  limit: number;
  /** Of a file of several objects. */
  fileBytes: number;
}

/** What `plasmid_open` takes; 0 asks for the core's default. */
export interface OpenSettings {
  /** Bytes of the heap; 0: take what is there. */
  capacity: number;
  maxObjects: number;
  maxClients: number;
  lockTimeoutMs: number;
  /** Where objects go when memory is short; none if left out. */
  spill?: SpillSettings;
  /** Bits of `OpenFlag`. */
  flags: number;
  /** Bytes that what this process makes may take; 0: any. */
  quota?: number;
}

// The declaration in bun-types leaves the last two parameters out.
const toArrayBuffer = toArrayBufferOf as (
  at: Pointer,
  offset: number,
  bytes: number,
  context?: Pointer,
  deallocator?: Pointer,
) => ArrayBuffer;

/** Up to here a loop is faster than a TextEncoder. */
const SHORT_NAME = 32;

const utf8 = new TextEncoder();

function cString(text: string): Uint8Array {
  return utf8.encode(`${text}\0`);
}

function setSpill(options: Uint32Array, spill: SpillSettings, folders: Uint8Array): void {
  setU64(options, Options.spillFolders, Number(ptr(folders)));
  setU64(options, Options.spillLimit, spill.limit);
  setU64(options, Options.spillFileBytes, spill.fileBytes);
  options[Options.spillCount / 4] = spill.folders.length;
}

// A handle's buffer needs an address and stands for a number; it is never read or written.
const STAND_IN = new Uint8Array(4096);
const STAND_IN_AT = ptr(STAND_IN);

/**
 * One opened store of the core: its pointer, and views on the memory through which calls take and give (`plasmid_exchange`).
 * The hot paths call `core` themselves; the rest goes through `must`.
 */
export class Segment {
  /** The functions of the core. */
  readonly core: Symbols;
  /** `plasmid_store *`. */
  readonly at: Pointer;
  /** The exchange's header as signed words: ids are kept so. */
  words!: Int32Array;
  /** The same, unsigned. */
  counts!: Uint32Array;
  /** `exchange.data`. */
  data!: Uint8Array;
  /** The same. */
  dataWords!: Uint32Array;
  /** One word: how often an object's pages became this process's own, for a view on them was written to. */
  readonly turned: Uint32Array;
  /** Name of the store, for messages. */
  readonly name: string;
  /** Address of the exchange. */
  readonly exchangeAt: number;
  #nameRoom!: Uint8Array;
  readonly #contextBase: number;

  private constructor(name: string, core: Symbols, at: Pointer) {
    this.name = name;
    this.core = core;
    this.at = at;
    this.exchangeAt = Number(core.plasmid_exchange_of(at));
    this.#view(toArrayBuffer(this.exchangeAt as Pointer, 0, Exchange.size));
    this.turned = new Uint32Array(toArrayBuffer(core.plasmid_turned(at) as Pointer, 0, 4));
    this.#contextBase = Number(core.plasmid_context(at, 1)) - 1;
  }

  /**
   * Opens, or makes, a store.
   *
   * @throws every error of `plasmid_open`.
   */
  static open(directory: string, name: string, settings: OpenSettings): Segment {
    const core = symbols();
    const options = new Uint32Array(Options.size / 4);
    setU64(options, Options.capacity, settings.capacity);
    options[Options.maxObjects / 4] = settings.maxObjects;
    options[Options.maxClients / 4] = settings.maxClients;
    options[Options.lockTimeoutMs / 4] = settings.lockTimeoutMs;
    options[Options.flags / 4] = settings.flags;
    setU64(options, Options.quota, settings.quota ?? 0);
    const folders = cString(settings.spill?.folders.join("\0") ?? "");
    if (settings.spill !== undefined) setSpill(options, settings.spill, folders);
    const out = new BigUint64Array(1);
    const code = core.plasmid_open(cString(directory), cString(name), options, out);
    if (code < 0) throw failure(code, { store: name });
    return new Segment(name, core, Number(out[0]) as Pointer);
  }

  /**
   * Destroys the store of this name.
   *
   * @throws StoreNotFoundError if there is none.
   */
  static destroy(directory: string, name: string): void {
    const code = symbols().plasmid_destroy(cString(directory), cString(name));
    if (code < 0) throw failure(code, { store: name });
  }

  /** Closes the store; its calls fail from now on. `inUse`: one of them is not over, and has the exchange. */
  close(inUse = false): void {
    if (inUse) this.core.plasmid_keep_exchange(this.at);
    // The core gives the exchange to another store, perhaps another thread's: what is still written goes nowhere.
    this.#view(new ArrayBuffer(Exchange.size));
    this.core.plasmid_close(this.at);
  }

  /** The code, if it is not negative. @throws the code's error. */
  must(code: number, object?: string): number {
    if (code < 0) throw this.failure(code, object);
    return code;
  }

  /** The error of a negative code of a call on this store. `detailed`: the call says more, whatever the code. */
  failure(code: number, object?: string, detailed?: boolean): StoreError {
    return failure(code, { store: this.name, object }, detailed);
  }

  /** Puts a name into the exchange; returns its length in bytes. The name has been checked. */
  writeName(name: string): number {
    const room = this.#nameRoom;
    const { length } = name;
    if (length <= SHORT_NAME) {
      let i = 0;
      for (; i < length; i++) {
        const code = name.charCodeAt(i);
        if (code > 127) break;
        room[i] = code;
      }
      if (i === length) return length;
    }
    return utf8.encodeInto(name, room).written;
  }

  /** A buffer whose collection ends the handle `token`. */
  handle(token: number): ArrayBuffer {
    return this.handleOf(this.#contextBase + token);
  }

  /** The same by the context that a reference row carries. */
  handleOf(context: number): ArrayBuffer {
    return toArrayBuffer(STAND_IN_AT, 0, 1, context as Pointer, this.core.release);
  }

  /** `bytes` (not 0) bytes of the mapping, whose collection ends the lease `context`. */
  view(address: number, bytes: number, context: number): ArrayBuffer {
    return toArrayBuffer(address as Pointer, 0, bytes, context as Pointer, this.core.release);
  }

  /** `bytes` (not 0) bytes at an address, owned by nobody: gone when what stands there is. */
  glance(address: number, bytes: number): ArrayBuffer {
    return toArrayBuffer(address as Pointer, 0, bytes);
  }

  /** An array of `bytes` (not 0) bytes that must not be read or written: only its length is real. */
  nowhere(bytes: number): ArrayBuffer {
    return toArrayBuffer(STAND_IN_AT, 0, bytes);
  }

  #view(exchange: ArrayBuffer): void {
    this.words = new Int32Array(exchange, 0, Exchange.name / 4);
    this.counts = new Uint32Array(exchange, 0, Exchange.name / 4);
    this.data = new Uint8Array(exchange, Exchange.data, DATA_BYTES);
    this.dataWords = new Uint32Array(exchange, Exchange.data, DATA_BYTES / 4);
    this.#nameRoom = new Uint8Array(exchange, Exchange.name, NAME_BYTES);
  }
}
