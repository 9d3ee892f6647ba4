import { InvalidArgumentError } from "../errors.ts";
import type { Held } from "./held.ts";

/** What a ref asks of the store it belongs to. */
export interface RefHome {
  /** Name of the store. */
  readonly name: string;
  /** True once the store was closed here: its handles have ended. */
  readonly closed: boolean;
  /** Pins the object. */
  pin(target: ObjectRef): void;
}

const TEXT = /^plasmid:([0-9a-f]{8})([0-9a-f]{8})([0-9a-f]{8})([0-9a-f]{8})@([0-9]{1,10})$/;
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}

/**
 * Names one object for ever. While it lives in a process (and is bound to a store, as those that a store gives are), its object
 * is not evicted. Put it into other values: they keep what it names. To hand it to another process as text, `export()` it.
 *
 * The fields are the store's; read nothing into them.
 */
export class ObjectRef<T = unknown> {
  /** Type of the object's value; never set. */
  declare readonly value?: T;
  /** @internal Where the object stands in its table, as far as known; a hint. */
  slot: number;
  /** @internal The words of the id, as signed numbers. */
  readonly a: number;
  /** @internal */
  readonly b: number;
  /** @internal */
  readonly c: number;
  /** @internal */
  readonly d: number;
  /** @internal When this buffer is collected, the handle ends. Null: this ref keeps nothing. */
  handle: ArrayBuffer | null;
  /** @internal The store that has bound it. */
  home: RefHome | null;
  /** @internal What an earlier get left for the next one. */
  held: Held | null;

  /** @internal Stores make refs; text becomes one by `ObjectRef.parse`. */
  constructor(
    slot: number,
    a: number,
    b: number,
    c: number,
    d: number,
    handle: ArrayBuffer | null,
    home: RefHome | null,
  ) {
    this.slot = slot;
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.handle = handle;
    this.home = home;
    this.held = null;
  }

  /**
   * The ref of an exported text. It keeps nothing until it is first used with a store, which binds it; `store.parse` does both.
   *
   * @throws InvalidArgumentError if the text is no ref's.
   */
  static parse<T = unknown>(text: string): ObjectRef<T> {
    const match = TEXT.exec(text);
    if (match === null) {
      throw new InvalidArgumentError(
        `not the text of an ObjectRef: ${JSON.stringify(text)?.slice(0, 80)}`,
        {},
        "pass what ref.export() gave",
      );
    }
    const [a, b, c, d] = match.slice(1, 5).map(word => Number.parseInt(word, 16) | 0);
    return new ObjectRef<T>(Number(match[5]) | 0, a!, b!, c!, d!, null, null);
  }

  /**
   * Pins the object and returns text for `ObjectRef.parse`, in this or another process, now or later: it stays good until
   * `unpin` or `free`.
   *
   * @throws InvalidArgumentError if no store has bound this ref yet; FreedError, ObjectLostError.
   */
  export(): string {
    if (this.home === null) {
      throw new InvalidArgumentError(
        `${this} is not bound to a store`,
        {},
        "bind it with store.parse(text), or use it with the store once",
      );
    }
    this.home.pin(this);
    return this.toString();
  }

  /** As `export`: JSON that holds a ref pins its object. */
  toJSON(): string {
    return this.export();
  }

  /** True if both name the same object. */
  equals(other: ObjectRef): boolean {
    return this.a === other.a && this.b === other.b && this.c === other.c && this.d === other.d;
  }

  /** The text, without pinning: it means something only while something else keeps the object. */
  toString(): string {
    return `plasmid:${hex(this.a)}${hex(this.b)}${hex(this.c)}${hex(this.d)}@${this.slot >>> 0}`;
  }

  /** What console.log shows. Never pins. */
  [INSPECT](): string {
    return `ObjectRef(${this.toString()})`;
  }

  get [Symbol.toStringTag](): string {
    return "ObjectRef";
  }
}

// The codec knows refs by this mark alone.
Object.defineProperty(ObjectRef.prototype, Symbol.for("plasmid.ref"), { value: true });
