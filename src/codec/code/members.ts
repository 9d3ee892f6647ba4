import { type Source, sourceOf } from "./source.ts";

/** What the flags of a member say; numbers of the format. */
export const MEMBER = {
  writable: 1,
  enumerable: 2,
  configurable: 4,
  getter: 8,
  setter: 16,
  /** Of the function's `prototype`, not of itself. */
  ofPrototype: 32,
  /** No property: the value is the function whose `prototype` the prototype inherits from, or null. */
  inherits: 64,
} as const;

const ALL_BUT_NAME = ["arguments", "caller", "prototype"];
const NATURAL_PARENTS: readonly unknown[] = [
  Function.prototype,
  Object.getPrototypeOf(async () => {}),
  Object.getPrototypeOf(function* () {}),
  Object.getPrototypeOf(async function* () {}),
];

/** The parent of a class, or whatever else a function inherits from; null if that is what all functions do. */
export function parentOf(fn: Function): object | null {
  const parent = Object.getPrototypeOf(fn) as object | null;
  return NATURAL_PARENTS.includes(parent) ? null : parent;
}

/**
 * What a function has beside its text: its own properties, static fields among them, and what was added to its prototype. In threes:
 * flags, key, value.
 *
 * @throws TypeError if something of it can't be said
 */
export function membersOf(fn: Function): unknown[] {
  const source = sourceOf(fn);
  const members: unknown[] = [];
  for (const key of Reflect.ownKeys(fn)) {
    if (typeof key === "string" && (ALL_BUT_NAME.includes(key) || isNatural(fn, key, source))) continue;
    pushMember(members, fn, key, source, 0);
  }
  const prototype = Object.getOwnPropertyDescriptor(fn, "prototype")?.value as unknown;
  if (prototype !== undefined) {
    if (typeof prototype !== "object" || prototype === null) throw new TypeError("its prototype is no object");
    pushPrototype(members, fn, prototype, source);
  }
  return members;
}

function pushPrototype(members: unknown[], fn: Function, prototype: object, source: Source): void {
  for (const key of Reflect.ownKeys(prototype)) {
    if (key === "constructor" && (prototype as { constructor: unknown }).constructor === fn) continue;
    pushMember(members, prototype, key, source, MEMBER.ofPrototype);
  }
  const above = Object.getPrototypeOf(prototype) as object | null;
  if (above === naturalAbove(fn, source)) return;
  const heir = above === null ? null : Object.getOwnPropertyDescriptor(above, "constructor")?.value;
  if (heir !== null && (typeof heir !== "function" || heir.prototype !== above)) {
    throw new TypeError("its prototype inherits from an object that is no class's");
  }
  members.push(MEMBER.inherits | MEMBER.ofPrototype, null, heir);
}

/** What the prototype inherits from without anybody's help. */
function naturalAbove(fn: Function, source: Source): unknown {
  if (source.extendsParent) return (Object.getPrototypeOf(fn) as { prototype?: unknown } | null)?.prototype;
  if (source.extendsNull) return null;
  const kind = NATURAL_PARENTS.indexOf(Object.getPrototypeOf(fn));
  return kind >= 2 ? (NATURAL_PARENTS[kind] as Function).prototype : Object.prototype;
}

function pushMember(members: unknown[], holder: object, key: PropertyKey, source: Source, place: number): void {
  const { value, get, set, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(holder, key)!;
  if ([value, get, set].every(one => one === undefined || isFromText(one, source)) && (get ?? set ?? value)) return;
  const flags = place + (enumerable ? MEMBER.enumerable : 0) + (configurable ? MEMBER.configurable : 0);
  // The half that comes first must leave room for the other.
  const first = get === undefined ? flags : flags | MEMBER.configurable;
  if (set !== undefined) members.push(first + MEMBER.setter, key, set);
  if (get !== undefined) members.push(flags + MEMBER.getter, key, get);
  if (get === undefined && set === undefined) members.push(flags + (writable ? MEMBER.writable : 0), key, value);
}

/** Whether a method or accessor stands in the class's own text, and so comes with it. */
function isFromText(value: unknown, source: Source): boolean {
  if (typeof value !== "function") return false;
  const text = Function.prototype.toString.call(value);
  return source.methods.includes(text);
}

/** Whether `name` or `length` is what the text gives anyway. */
function isNatural(fn: Function, key: string, source: Source): boolean {
  if (key !== "name" && key !== "length") return false;
  const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(fn, key)!;
  if (value !== source[key]) return false;
  return writable === false && !enumerable && configurable === true;
}

/** Gives a rebuilt function one of its members. False if that can't be. */
export function setMember(fn: Function, flags: number, key: PropertyKey, value: unknown): boolean {
  const holder: unknown = flags & MEMBER.ofPrototype ? fn.prototype : fn;
  if (typeof holder !== "object" && typeof holder !== "function") return false;
  if (flags & MEMBER.inherits) {
    const above = value === null ? null : typeof value === "function" ? value.prototype : undefined;
    return above !== undefined && Reflect.setPrototypeOf(holder as object, above);
  }
  const enumerable = (flags & MEMBER.enumerable) !== 0;
  const configurable = (flags & MEMBER.configurable) !== 0;
  const accessor = flags & (MEMBER.getter | MEMBER.setter);
  if (accessor !== 0 && typeof value !== "function") return false;
  const descriptor: PropertyDescriptor = { enumerable, configurable };
  if (flags & MEMBER.getter) descriptor.get = value as () => unknown;
  else if (flags & MEMBER.setter) descriptor.set = value as (value: unknown) => void;
  else Object.assign(descriptor, { value, writable: (flags & MEMBER.writable) !== 0 });
  return Reflect.defineProperty(holder as object, key, descriptor);
}
