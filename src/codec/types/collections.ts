import { types } from "node:util";
import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";
import { entryStep, memberStep, valueStep } from "../path.ts";
import { setProperty } from "../property.ts";
import { hasNothingOfItsOwn, isOrdinaryObject } from "./ordinary.ts";

// A class that extends these may say otherwise.
const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, "size")?.get as (
  this: ReadonlyMap<unknown, unknown>,
) => number;
const setSize = Object.getOwnPropertyDescriptor(Set.prototype, "size")?.get as (this: ReadonlySet<unknown>) => number;

/** How many entries a Map has; 0 for what only has the prototype of one. */
export function sizeOfMap(value: object): number {
  return types.isMap(value) ? mapSize.call(value) : 0;
}

export const map: Composite<Map<unknown, unknown>> = {
  kind: "composite",
  code: c.EXT_MAP,
  prototypes: [Map.prototype],
  isBare: hasNothingOfItsOwn,
  pairs: true,
  step: entryStep,
  partsToCreate: 0,

  parts(value) {
    const parts = new Array<unknown>(mapSize.call(value) * 2);
    let i = 0;
    Map.prototype.forEach.call(value, (entry, key) => {
      parts[i++] = key;
      parts[i++] = entry;
    });
    return parts;
  },

  create: () => new Map(),

  fill(object, parts) {
    for (let i = 0; i < parts.length; i += 2) object.set(parts[i], parts[i + 1]);
    return true;
  },
};

export const set: Composite<Set<unknown>> = {
  kind: "composite",
  code: c.EXT_SET,
  prototypes: [Set.prototype],
  isBare: hasNothingOfItsOwn,
  pairs: false,
  step: valueStep,
  partsToCreate: 0,

  parts(value) {
    const parts = new Array<unknown>(setSize.call(value));
    let i = 0;
    Set.prototype.forEach.call(value, entry => {
      parts[i++] = entry;
    });
    return parts;
  },

  create: () => new Set(),

  fill(object, parts) {
    for (const part of parts) object.add(part);
    return true;
  },
};

/** An object with no prototype. One with `Object.prototype` is a plain MessagePack map. */
export const nullObject: Composite<Record<string, unknown>> = {
  kind: "composite",
  code: c.EXT_NULL_OBJECT,
  prototypes: [],
  isBare: value => isOrdinaryObject(value, Object.keys(value).length),
  pairs: true,
  step: memberStep,
  partsToCreate: 0,

  parts: membersOf,

  create: () => Object.create(null),

  fill(object, parts) {
    for (let i = 0; i < parts.length; i += 2) {
      const key = parts[i];
      if (typeof key !== "string") return false;
      setProperty(object, key, parts[i + 1]);
    }
    return true;
  },
};

/** The enumerable properties named by text: key, value, key, value. */
export function membersOf(value: Record<string, unknown>): unknown[] {
  const members: unknown[] = [];
  for (const key of Object.keys(value)) members.push(key, value[key]);
  return members;
}
