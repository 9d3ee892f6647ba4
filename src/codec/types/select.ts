import { types } from "node:util";
import { codeType } from "../code/code-type.ts";
import { hidesState } from "../code/private-state.ts";
import type { Composite, Leaf } from "../extension.ts";
import { type Callable, nameOf } from "../names.ts";
import { constructorOf, functionReason, nativeAncestor, objectReason, Refusal } from "../reasons.ts";
import { customOf, isSerialized, REDUCE } from "../serializers.ts";
import { adorned, isAdorned, isArrayPrototype } from "./adorned.ts";
import { baseTypeOf } from "./base.ts";
import { typeByPrototype } from "./by-prototype.ts";
import { reduced, serialized } from "./custom.ts";
import { instance } from "./instance.ts";
import { named } from "./named.ts";
import { isOrdinaryArray, isOrdinaryObject } from "./ordinary.ts";

/** Whether an array is no more than that. */
export function isPlainArray(array: readonly unknown[]): boolean {
  return isArrayPrototype(Object.getPrototypeOf(array)) && isOrdinaryArray(array);
}

/** Whether an object with `Object.prototype` is no more than that. */
export function isPlainObject(object: object): boolean {
  return isOrdinaryObject(object, Object.keys(object).length);
}

/**
 * How an object is written, all told: null if as a plain array or object, which the encoder does by itself.
 *
 * @throws Refusal if it can't be.
 */
export function typeOf(value: object, prototype: object | null, code: boolean): Leaf | Composite | null {
  if (typeof value === "function") return functionTypeOf(value as Callable, code);
  if (prototype !== null) {
    const type = typeByPrototype.get(prototype);
    if (type?.isBare?.(value) === true && !isSerialized(prototype)) return type;
  }
  const custom = customOf(value);
  if (custom !== null) return custom === REDUCE ? reduced : serialized;
  const base = baseTypeOf(value);
  checkClass(value, prototype, base, code);
  return isAdorned(value, base) ? adorned : base;
}

/** A function goes by its name if it has one; else by value, if code is allowed. */
function functionTypeOf(value: Callable, code: boolean): Leaf | Composite {
  if (nameOf(value) !== undefined) return named as unknown as Leaf;
  if (!code) throw new Refusal(functionReason(value));
  return codeType(value);
}

/** An object has to be one of a class that the other side can be told. */
function checkClass(value: object, prototype: object | null, base: Leaf | Composite | null, code: boolean): void {
  if (prototype === null && !Array.isArray(value)) {
    if (lostPrototype(value)) throw new Refusal("it has lost its prototype; encode it before that");
    return;
  }
  if (
    base === null ? prototype === Object.prototype || isArrayPrototype(prototype) : base.prototypes.includes(prototype!)
  )
    return;
  const maker = constructorOf(value);
  const isKnown = base !== (instance as unknown);
  const canBeTold = maker !== undefined && (code || nameOf(maker) !== undefined);
  if (canBeTold && hidesState(maker)) throw new Refusal(HIDDEN);
  if (!canBeTold || (!isKnown && nativeAncestor(value) !== null)) throw new Refusal(objectReason(value, isKnown));
}

const HIDDEN =
  'its class has #private fields, which nobody outside of it can read; give it a method Symbol.for("plasmid.reduce"), or registerSerializer()';

/** Whether an object without prototype is more than a dictionary: a Map, say, whose prototype was taken away. */
function lostPrototype(value: object): boolean {
  return (
    types.isMap(value) ||
    types.isSet(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isPromise(value) ||
    ArrayBuffer.isView(value)
  );
}
