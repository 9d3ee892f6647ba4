import { types } from "node:util";
import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Composite, Leaf } from "../extension.ts";
import { OpaqueName, OpaqueValue } from "../opaque.ts";
import { memberStep, type Step } from "../path.ts";
import { constructorOf } from "../reasons.ts";
import { basePrototypeOf, baseTypeOf } from "./base.ts";

const EXTENSIBLE = 0;
const CLOSED = 1;
const SEALED = 2;
const FROZEN = 3;

const WRITABLE = 1;
const ENUMERABLE = 2;
const CONFIGURABLE = 4;

const FIRST_KEY = 4;

/** The property of an object whose class had no name here that keeps it, so that it is written as it was read. */
const OPAQUE_CLASS = Symbol.for("plasmid.class");

const step: Step = (index, key) => {
  if (index === 1) return ".constructor";
  return index < FIRST_KEY ? "" : memberStep(index, key);
};

/**
 * An object of which its type does not say everything: `[object, class, lock, flags, key, value, key, value …]`.
 *
 * The object comes first, as it would stand alone, and takes its number there, so that cycles close. The class is null if it is the type's
 * own; the lock says whether it is closed, sealed or frozen; then come the properties that its type does not write (named ones of
 * an array, those named by symbols, hidden ones) with a digit in `flags` for each.
 */
export const adorned: Composite = {
  kind: "composite",
  code: c.EXT_ADORNED,
  prototypes: [],
  pairs: false,
  step,
  partsToCreate: 1,
  wraps: true,

  parts(value) {
    if (value instanceof OpaqueValue) return [value, ...(value.around ?? [])];
    const base = baseTypeOf(value);
    const type = classBeside(value, base);
    const lock = lockOf(value);
    const beside = ownKeysBeside(value, base).filter(key => key !== OPAQUE_CLASS || !(type instanceof OpaqueName));
    const keys = new Set([...beside, ...fixedKeys(value, base, lock)]);
    let flags = "";
    const members: unknown[] = [];
    for (const key of keys) {
      const descriptor = Object.getOwnPropertyDescriptor(value, key);
      if (descriptor === undefined) continue;
      flags += flagsOf(descriptor);
      members.push(key, (value as Record<string | symbol, unknown>)[key]);
    }
    return [value, type, lock, flags, ...members];
  },

  guard(decoder: Decoder) {
    if (!isAdornable(codeAhead(decoder))) decoder.fail("properties are added only to what the message itself holds");
  },

  create(parts) {
    const object = parts[0];
    return typeof object === "object" ? object : null;
  },

  fill(object, parts) {
    const [, type, lock, flags] = parts;
    if (typeof flags !== "string" || parts.length !== FIRST_KEY + flags.length * 2) return false;
    if (object instanceof OpaqueValue) {
      object.around = parts.slice(1);
      return true;
    }
    if (type instanceof OpaqueName) {
      Object.defineProperty(object, OPAQUE_CLASS, { value: type, configurable: true });
    } else if (type !== null) {
      const prototype = typeof type === "function" ? (type.prototype as unknown) : undefined;
      if (typeof prototype !== "object" || prototype === null) return false;
      // An object of the class that is something else underneath would be none.
      if (basePrototypeOf(prototype) !== Object.getPrototypeOf(object)) return false;
      Object.setPrototypeOf(object, prototype);
    }
    for (let i = 0; i < flags.length; i++) {
      if (!define(object, parts[FIRST_KEY + i * 2], parts[FIRST_KEY + 1 + i * 2], flags.charCodeAt(i) - 0x30))
        return false;
    }
    return close(object, lock);
  },
};

/** Whether an object has more to it than its base type writes. */
export function isAdorned(value: object, base: Leaf | Composite | null): boolean {
  if (value instanceof OpaqueValue) return value.around !== null;
  if (!Object.isExtensible(value)) return true;
  if (base?.isBare?.(value) === true) return classBeside(value, base) !== null;
  return classBeside(value, base) !== null || ownKeysBeside(value, base).length > 0;
}

function classBeside(value: object, base: Leaf | Composite | null): unknown {
  const opaque = Object.getOwnPropertyDescriptor(value, OPAQUE_CLASS)?.value as unknown;
  if (opaque instanceof OpaqueName) return opaque;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (Array.isArray(value)) return isArrayPrototype(prototype) ? null : constructorOf(value);
  if (base === null || base.prototypes.length === 0) return null;
  return base.prototypes.includes(prototype as object) ? null : constructorOf(value);
}

/** The prototype of arrays is an array itself, here and in other contexts; a subclass's is not. */
export function isArrayPrototype(prototype: object | null): boolean {
  return prototype === Array.prototype || Array.isArray(prototype);
}

/** Own properties that the base type does not write. */
function ownKeysBeside(value: object, base: Leaf | Composite | null): (string | symbol)[] {
  const keys = Reflect.ownKeys(value);
  if (Array.isArray(value)) return keys.slice(indexCount(keys)).filter(key => key !== "length");
  if (types.isTypedArray(value)) return keys.slice(indexCount(keys));
  if (base?.owns !== undefined) return keys.filter(key => base.owns?.(value, key) !== true);
  if (base !== null && base.prototypes.length > 0) return keys;
  // A function's arguments are a plain object with indexes.
  if (keys.length === Object.keys(value).length || types.isArgumentsObject(value)) return [];
  return keys.filter(key => typeof key === "symbol" || !Object.prototype.propertyIsEnumerable.call(value, key));
}

/**
 * Properties that the base type writes, but not that they are read-only or fixed: they are said again, with their flags. To ask each
 * property of every object would cost more than all else, so this is said only of objects that are out of the ordinary anyway.
 */
function fixedKeys(value: object, base: Leaf | Composite | null, lock: number): string[] {
  const holdsMembers = base === null || base.prototypes.length === 0;
  if (!holdsMembers || lock === FROZEN || (Array.isArray(value) && lock === EXTENSIBLE)) return [];
  return Object.getOwnPropertyNames(value).filter(key => {
    const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(value, key)!;
    if (Array.isArray(value) && key === "length") return writable === false;
    return enumerable === true && (writable === false || (configurable === false && lock !== SEALED));
  });
}

/** Indexes come first. */
function indexCount(keys: readonly (string | symbol)[]): number {
  let count = 0;
  for (; count < keys.length; count++) {
    const key = keys[count]!;
    if (typeof key === "symbol" || String(Number(key) >>> 0) !== key || key === "4294967295") break;
  }
  return count;
}

function flagsOf({ writable, get, enumerable, configurable }: PropertyDescriptor): number {
  // An accessor becomes what it gave.
  const isWritable = writable === true || get !== undefined;
  return (
    (isWritable ? WRITABLE : 0) + (enumerable === true ? ENUMERABLE : 0) + (configurable === true ? CONFIGURABLE : 0)
  );
}

function define(object: object, key: unknown, value: unknown, flags: number): boolean {
  if ((typeof key !== "string" && typeof key !== "symbol") || !(flags >= 0 && flags < 8)) return false;
  const writable = (flags & WRITABLE) !== 0;
  const enumerable = (flags & ENUMERABLE) !== 0;
  return Reflect.defineProperty(object, key, {
    value,
    writable,
    enumerable,
    configurable: (flags & CONFIGURABLE) !== 0,
  });
}

function lockOf(value: object): number {
  if (Object.isExtensible(value)) return EXTENSIBLE;
  if (Object.isFrozen(value)) return FROZEN;
  return Object.isSealed(value) ? SEALED : CLOSED;
}

function close(object: object, lock: unknown): boolean {
  if (lock === FROZEN) Object.freeze(object);
  else if (lock === SEALED) Object.seal(object);
  else if (lock === CLOSED) return Reflect.preventExtensions(object);
  else return lock === EXTENSIBLE;
  return true;
}

/** -1 for an array, map or bin of MessagePack's own; the extension type otherwise, or NaN if nothing follows. */
function codeAhead(decoder: Decoder): number {
  const { bytes, p, end } = decoder;
  const lead = p < end ? bytes[p]! : Number.NaN;
  if (!c.isExt(lead)) return isContainer(lead) ? -1 : Number.NaN;
  const width = lead <= c.EXT32 ? 1 << (lead - c.EXT8) : 0;
  return p + 1 + width < end ? bytes[p + 1 + width]! : Number.NaN;
}

function isContainer(lead: number): boolean {
  return (
    (lead >= c.FIXMAP && lead < c.FIXSTR) ||
    (lead >= c.BIN8 && lead <= c.BIN32) ||
    (lead >= c.ARRAY16 && lead <= c.MAP32)
  );
}

const SHARED_CODES: readonly number[] = [c.EXT_NAMED, c.EXT_OUT_OF_BAND, c.EXT_SHARED, c.EXT_REDUCED, c.EXT_SERIALIZED];

/** What may be adorned. Not what a message only refers to, nor what code of this process has built: these are shared. */
function isAdornable(code: number): boolean {
  if (code === -1 || code === c.EXT_TIMESTAMP) return true;
  return code >= c.FIRST_NUMBERED && code <= c.EXT_DOM_EXCEPTION && !SHARED_CODES.includes(code);
}
