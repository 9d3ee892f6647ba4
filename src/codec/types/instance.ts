import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";
import type { Callable } from "../names.ts";
import { OpaqueName, OpaqueValue } from "../opaque.ts";
import { memberStep, type Step } from "../path.ts";
import { setProperty } from "../property.ts";
import { constructorOf, nativeAncestor } from "../reasons.ts";
import { isOrdinaryObject } from "./ordinary.ts";

const step: Step = (index, key) => (index === 1 ? ".constructor" : memberStep(index, key));

/**
 * An object of a class with a name, that holds nothing but its properties: a map from `null` to the class, then its own. No constructor
 * runs when it is decoded.
 */
export const instance: Composite<Record<string, unknown>> = {
  kind: "composite",
  code: c.EXT_INSTANCE,
  prototypes: [],
  isBare: value => isOrdinaryObject(value, Object.keys(value).length),
  pairs: true,
  step,
  partsToCreate: 2,

  parts(value) {
    const parts: unknown[] = [null, constructorOf(value)];
    for (const key of Object.keys(value)) parts.push(key, value[key]);
    return parts;
  },

  create(parts) {
    const [mark, type] = parts;
    if (mark !== null) return null;
    if (type instanceof OpaqueName) return new OpaqueValue(c.EXT_INSTANCE, type, [mark, type]) as never;
    const prototype = typeof type === "function" ? (type.prototype as unknown) : undefined;
    if (typeof prototype !== "object" || prototype === null) return null;
    const object = Object.create(prototype) as Record<string, unknown>;
    const native = nativeAncestor(object);
    if (native !== null)
      throw new Error(`an object of ${(type as Callable).name} is more than its properties: it is a ${native}`);
    return object;
  },

  fill(object, parts) {
    if (object instanceof OpaqueValue) return keepParts(object, parts);
    for (let i = 2; i < parts.length; i += 2) {
      const key = parts[i];
      if (typeof key !== "string") return false;
      setOwn(object, key, parts[i + 1]);
    }
    return true;
  },
};

/** The class may have a setter of this name. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key in object)
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else setProperty(object, key, value);
}

/** The rest of the parts of an object whose class is not known. */
export function keepParts(object: OpaqueValue, parts: readonly unknown[]): boolean {
  const kept = object.parts as unknown[];
  for (let i = kept.length; i < parts.length; i++) kept.push(parts[i]);
  return true;
}
