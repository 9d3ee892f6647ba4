import type { Composite, Leaf } from "../extension.ts";
import { OpaqueValue } from "../opaque.ts";
import { typeByPrototype } from "./by-prototype.ts";
import { nullObject } from "./collections.ts";
import { instance } from "./instance.ts";
import { opaqueType } from "./opaque.ts";

/** What an object is underneath, whatever its class and its properties: null for an array or a plain object. */
export function baseTypeOf(value: object): Leaf | Composite | null {
  if (Array.isArray(value)) return null;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null) return nullObject as Composite;
  if (prototype === Object.prototype) return null;
  if (prototype === OpaqueValue.prototype) return opaqueType(value as OpaqueValue);
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const type = typeByPrototype.get(at);
    if (type !== undefined) return type;
  }
  return instance as unknown as Composite;
}

/** The prototype of the nearest type that a class extends; null if there is none. */
export function basePrototypeOf(prototype: object): object | null {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (at === Array.prototype || typeByPrototype.has(at)) return at;
  }
  return null;
}
