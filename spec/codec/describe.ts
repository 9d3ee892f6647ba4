import { types } from "node:util";
import { builtinType } from "../../src/codec/code/builtin-type.ts";
import { bindingsType, environmentType } from "../../src/codec/code/environment-type.ts";
import { functionType } from "../../src/codec/code/function-type.ts";
import { goesByName } from "../../src/codec/code/refusal.ts";
import type { Composite } from "../../src/codec/extension.ts";
import { type Callable, OpaqueName, OpaqueValue } from "../../src/codec/index.ts";
import { nameOf } from "../../src/codec/names.ts";
import { REDUCE, serializerOf } from "../../src/codec/serializers.ts";
import { basePrototypeOf } from "../../src/codec/types/base.ts";
import { temporal } from "../../src/codec/types/temporal.ts";
import { tracksLength } from "./isomorphic.ts";

// A value as JSON, with its identities: what a decoder in any language can say of what it has read. Kept beside each vector.

export type Description =
  | null
  | boolean
  | number
  | string
  | readonly Description[]
  | { readonly [key: string]: Description };

/** From this length on an array is described by its elements' indexes. */
const LONG_ARRAY = 100_000;
const ERROR_MEMBERS = ["message", "cause", "errors", "error", "suppressed"];
const ERROR_ORIGIN = ["stack", "line", "column", "sourceURL", "originalLine", "originalColumn"];

/** The description of a value: the same for two values if, and only if, they are the same graph. */
export function describeValue(value: unknown): Description {
  return new Describer().value(value);
}

class Describer {
  private readonly ids = new Map<object, number>();

  value(value: unknown): Description {
    switch (typeof value) {
      case "undefined":
        return ["undefined"];
      case "number":
        return describeNumber(value);
      case "bigint":
        return ["bigint", String(value)];
      case "string":
        return value.isWellFormed() ? value : ["wide", Buffer.from(value, "utf16le").toString("hex")];
      case "symbol":
        return describeSymbol(value);
      case "boolean":
        return value;
      default:
        return value === null ? null : this.object(value as object);
    }
  }

  private object(value: object): Description {
    const known = this.ids.get(value);
    if (known !== undefined) return ["again", known];
    const id = this.ids.size;
    this.ids.set(value, id);
    const [own, contents] = this.contents(value);
    return { id, ...contents, ...this.around(value, own) };
  }

  /** What an object is and holds, and the names of the properties that this says. */
  private contents(value: object): [own: (key: string | symbol) => boolean, contents: Record<string, Description>] {
    const all = () => true;
    if (Array.isArray(value)) return [isArrayKey, this.array(value)];
    if (typeof value === "function") return [all, this.callable(value as Callable)];
    if (value instanceof Blob) return [all, { type: "Blob", parts: this.all(blobParts(value)) }];
    const isCode = CODE_TYPES.find(([type]) => type.prototypes.includes(Object.getPrototypeOf(value) as object));
    if (isCode !== undefined) return [all, { type: isCode[1], parts: this.all(isCode[0].parts(value, null as never)) }];
    if (value instanceof OpaqueName) return [all, { type: "name", ...describeName(value) }];
    if (value instanceof OpaqueValue) return [all, { type: TYPE_NAMES[value.type]!, parts: this.all(value.parts) }];
    const custom = this.custom(value);
    if (custom !== null) return [all, custom];
    const builtin = this.builtin(value);
    if (builtin !== null)
      return [ArrayBuffer.isView(value) ? isArrayKey : (key: string | symbol) => ownsKey(value, key), builtin];
    const isMember = (key: string | symbol) =>
      typeof key === "string" && Object.prototype.propertyIsEnumerable.call(value, key);
    const prototype = Object.getPrototypeOf(value) as { constructor: object } | null;
    const members = { members: this.entries(Object.entries(value)) };
    if (prototype === null) return [isMember, { type: "null", ...members }];
    if (prototype === Object.prototype) return [isMember, { type: "Object", ...members }];
    return [isMember, { type: "instance", class: this.object(prototype.constructor), ...members }];
  }

  private callable(value: Callable): Record<string, Description> {
    const name = nameOf(value);
    if (name !== undefined) return { type: "name", ...describeName(name) };
    return goesByName(value)
      ? { type: "builtin", parts: this.all(builtinType.parts(value, null as never)) }
      : { type: "function", parts: this.all(functionType.parts(value, null as never)) };
  }

  private custom(value: object): Record<string, Description> | null {
    const reduce = (value as { [REDUCE]?: () => unknown[] })[REDUCE];
    if (typeof reduce === "function") return { type: "reduced", parts: this.all(reduce.call(value)) };
    const type = value.constructor as Callable;
    const serializer = typeof type === "function" ? serializerOf(type) : undefined;
    return serializer === undefined
      ? null
      : { type: "serialized", parts: this.all([type, serializer.serialize(value)]) };
  }

  private builtin(value: object): Record<string, Description> | null {
    if (types.isMap(value)) return { type: "Map", entries: this.entries([...value]) };
    if (types.isSet(value)) return { type: "Set", members: this.all([...value]) };
    if (types.isDate(value)) return { type: "Date", ms: Number.isNaN(value.getTime()) ? null : value.getTime() };
    if (value instanceof ArrayBuffer) return describeBuffer(value);
    if (ArrayBuffer.isView(value)) return this.view(value);
    if (types.isRegExp(value)) return { type: "RegExp", parts: [value.source, value.flags, value.lastIndex] };
    if (types.isBoxedPrimitive(value))
      return { type: "boxed", value: this.value((value as unknown as () => unknown).valueOf()) };
    if (value instanceof URL) return { type: "URL", text: value.href };
    if (value instanceof URLSearchParams) return { type: "URLSearchParams", entries: this.entries([...value]) };
    if (value instanceof Headers) return { type: "Headers", entries: this.entries([...value]) };
    if (value instanceof DOMException) return { type: "DOMException", name: value.name, message: value.message };
    if (types.isNativeError(value)) return this.error(value);
    if (temporal.prototypes.includes(Object.getPrototypeOf(value) as object)) {
      return { type: "Temporal", parts: this.all(temporal.parts(value, null as never)) };
    }
    return null;
  }

  private error(value: Error): Record<string, Description> {
    const prototype = basePrototypeOf(Object.getPrototypeOf(value) as object) as { constructor: { name: string } };
    const members = ERROR_MEMBERS.filter(key => isHidden(value, key)).map(
      key => [key, Reflect.get(value, key)] as const,
    );
    return { type: "Error", name: prototype.constructor.name, members: this.entries(members) };
  }

  private view(value: ArrayBufferView): Record<string, Description> {
    const prototype = basePrototypeOf(Object.getPrototypeOf(value) as object) as { constructor: { name: string } };
    const length = value instanceof DataView ? value.byteLength : (value as Uint8Array).length;
    const fields = { type: prototype.constructor.name, offset: value.byteOffset, length, tracks: tracksLength(value) };
    return { ...fields, buffer: this.object(value.buffer) };
  }

  private array(value: readonly unknown[]): Record<string, Description> {
    const { length } = value;
    if (length > LONG_ARRAY) {
      const indexes = Object.keys(value).filter(key => isArrayKey(key));
      return { type: "Array", length, elements: indexes.map(key => [Number(key), this.value(value[Number(key)])]) };
    }
    return { type: "Array", items: Array.from(value, (item, i) => (i in value ? this.value(item) : ["hole"])) };
  }

  /** What the type does not say: class, lock and further properties, where there are any. */
  private around(value: object, own: (key: string | symbol) => boolean): Record<string, Description> {
    if (typeof value === "function" || value instanceof OpaqueValue || value instanceof OpaqueName) return {};
    const around: Record<string, Description> = {};
    const maker = classBeside(value);
    if (maker !== null) around.class = this.object(maker);
    const lock = Object.isExtensible(value) ? 0 : Object.isFrozen(value) ? 3 : Object.isSealed(value) ? 2 : 1;
    if (lock > 0) around.lock = lock;
    const extra: Description[] = [];
    const keys = Reflect.ownKeys(value);
    const beside = keys.filter(key => !own(key) && key !== OPAQUE_CLASS);
    for (const key of [...beside, ...keys.filter(key => own(key) && isFixed(value, key, lock))]) {
      const { value: member, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(value, key)!;
      const flags = (writable ? 1 : 0) + (enumerable ? 2 : 0) + (configurable ? 4 : 0);
      extra.push([this.value(key), flags, this.value(member)]);
    }
    if (extra.length > 0) around.extra = extra;
    return around;
  }

  private all(values: readonly unknown[]): Description[] {
    return Array.from(values, value => this.value(value));
  }

  private entries(entries: readonly (readonly [unknown, unknown])[]): Description[] {
    return entries.map(([key, value]) => [this.value(key), this.value(value)]);
  }
}

const CODE_TYPES = [
  [environmentType as Composite, "environment"],
  [bindingsType as Composite, "bindings"],
  [builtinType, "builtin"],
] as const;

/** Type, name, time of change, bytes. Those of a Blob in memory are there at once. */
function blobParts(value: Blob): unknown[] {
  const isFile = value instanceof File;
  const bytes = Bun.peek(value.bytes());
  if (!(bytes instanceof Uint8Array)) throw new Error("the bytes of a Blob in memory take time to read");
  return [value.type, isFile ? value.name : null, isFile ? value.lastModified : null, bytes];
}

const OPAQUE_CLASS = Symbol.for("plasmid.class");
const TYPE_NAMES: Readonly<Record<number, string>> = { 41: "instance", 53: "reduced", 54: "serialized" };

/** The class of an object that is of a type and of a class that extends it; null if it is of the type alone. */
function classBeside(value: object): object | null {
  const opaque = Object.getOwnPropertyDescriptor(value, OPAQUE_CLASS)?.value as object | undefined;
  if (opaque !== undefined) return opaque;
  const prototype = Object.getPrototypeOf(value) as { constructor: object } | null;
  if (prototype === null) return null;
  const base = basePrototypeOf(prototype);
  return base === null || base === prototype ? null : prototype.constructor;
}

function describeNumber(value: number): Description {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return value;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return ["double", Number.isNaN(value) ? "nan" : Buffer.from(view.buffer).toString("hex")];
}

function describeSymbol(value: symbol): Description {
  const key = Symbol.keyFor(value);
  if (key !== undefined) return ["symbol", key];
  return ["symbol of the language", (value.description ?? "").replace("Symbol.", "")];
}

function describeName(name: { name: string; module: string | null } | undefined): Record<string, Description> {
  return { name: name?.name ?? null, module: name?.module ?? null };
}

function describeBuffer(value: ArrayBuffer): Record<string, Description> {
  const bytes = Buffer.from(value).toString("hex");
  if (!value.resizable) return { type: "ArrayBuffer", bytes };
  return { type: "ArrayBuffer", bytes, most: value.maxByteLength };
}

function isArrayKey(key: string | symbol): boolean {
  return key === "length" || (typeof key === "string" && String(Number(key) >>> 0) === key && key !== "4294967295");
}

/** Whether a member can't be written to, or taken away, though the lock would not forbid it. */
function isFixed(value: object, key: string | symbol, lock: number): boolean {
  const isBuiltin = basePrototypeOf(Object.getPrototypeOf(value) ?? {}) !== null && !Array.isArray(value);
  if (lock === 3 || isBuiltin) return false;
  const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(value, key)!;
  if (!enumerable) return Array.isArray(value) && key === "length" && !writable;
  return !writable || (!configurable && lock !== 2);
}

function isHidden(value: object, key: string): boolean {
  return Object.hasOwn(value, key) && !Object.prototype.propertyIsEnumerable.call(value, key);
}

/** Whether an object's type says this property of it. */
function ownsKey(value: object, key: string | symbol): boolean {
  if (types.isRegExp(value)) return key === "lastIndex";
  if (types.isStringObject(value)) return isArrayKey(key);
  if (!(value instanceof Error) || typeof key !== "string") return false;
  return ERROR_ORIGIN.includes(key) || (ERROR_MEMBERS.includes(key) && isHidden(value, key));
}
