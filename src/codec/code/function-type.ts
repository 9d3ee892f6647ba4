import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Composite } from "../extension.ts";
import { memberStep } from "../path.ts";
import { capture, captured } from "./capture.ts";
import { classId, knownClass, rememberClass } from "./class-ids.ts";
import { BuiltEnvironment } from "./environment.ts";
import { buildAlone } from "./factory.ts";
import { membersOf, parentOf, setMember } from "./members.ts";
import { refuseCode } from "./permission.ts";
import { codeRefusal } from "./refusal.ts";
import { KIND, preparedText, sourceOf } from "./source.ts";

/** What the number behind the text says, beside the kind in the lowest two bits; numbers of the format. */
const TRAIT = { strict: 4, closed: 8, closedPrototype: 16, noConstructor: 32, isClass: 64 } as const;

/** Parts before the members. */
const HEAD = 6;
const HEAD_STEPS = ["", "", "", "", "", ".(parent)"];

/** Functions that were made, and have yet to get what belongs to them. */
const unfilled = new WeakSet<object>();

/**
 * A function or class by value: its text, traits, the id of a class, the environment it closes over and what is bound there, its
 * parent; then what is set on it.
 */
export const functionType: Composite<Function> = {
  kind: "composite",
  code: c.EXT_FUNCTION,
  prototypes: [],
  pairs: false,
  step(index, key) {
    if (index < HEAD) return HEAD_STEPS[index]!;
    return index >= HEAD && (index - HEAD) % 3 === 2 ? memberStep(1, key) : "";
  },
  partsToCreate: 4,
  guard: refuseCode,

  parts(fn) {
    const refused = codeRefusal(fn);
    if (refused !== null) throw new TypeError(refused);
    const source = sourceOf(fn);
    const environment = captured(fn);
    const text = preparedText(source, name => environment?.find(name)?.read()[name]);
    const head = [text, traitsOf(fn), source.isClass ? classId(fn) : null, environment, environment?.bindings ?? null];
    return [...head, parentOf(fn), ...membersOf(fn)];
  },

  create(parts, decoder) {
    const [text, traits, id, environment] = parts;
    if (typeof text !== "string" || typeof traits !== "number") return null;
    if (id !== null && typeof id !== "string") return null;
    if (environment !== null && !(environment instanceof BuiltEnvironment)) return null;
    const known = id === null ? undefined : knownClass(id);
    if (known !== undefined) return known as Function;
    const fn = build(text, traits, environment, decoder);
    if (fn === null) return null;
    if (environment !== null) capture(fn, environment.captures);
    unfilled.add(fn);
    return fn;
  },

  fill(fn, parts) {
    // A class that was here before keeps what it has.
    if (!unfilled.delete(fn)) return true;
    const traits = parts[1] as number;
    const id = parts[2];
    if (parts.length < HEAD || (parts.length - HEAD) % 3 !== 0) return false;
    if (!inherit(fn, parts[HEAD - 1], traits)) return false;
    if (traits & TRAIT.noConstructor) delete (fn.prototype as { constructor?: unknown } | undefined)?.constructor;
    for (let i = HEAD; i < parts.length; i += 3) {
      const key = parts[i + 1];
      if (key !== null && typeof key !== "string" && typeof key !== "symbol") return false;
      if (!setMember(fn, parts[i] as number, key as string, parts[i + 2])) return false;
    }
    if (traits & TRAIT.closed) close(fn);
    if (traits & TRAIT.closedPrototype) close(fn.prototype as object);
    if (typeof id === "string") rememberClass(id, fn);
    return true;
  },
};

function traitsOf(fn: Function): number {
  const source = sourceOf(fn);
  let traits: number = source.kind;
  const prototype: unknown = fn.prototype;
  if (source.strict) traits |= TRAIT.strict;
  if (source.isClass) traits |= TRAIT.isClass;
  if (!Object.isExtensible(fn)) traits |= TRAIT.closed;
  if (typeof prototype !== "object" || prototype === null) return traits;
  if (!Object.isExtensible(prototype)) traits |= TRAIT.closedPrototype;
  if (!Object.hasOwn(prototype, "constructor")) traits |= TRAIT.noConstructor;
  return traits;
}

function build(text: string, traits: number, environment: BuiltEnvironment | null, decoder: Decoder): Function | null {
  const kind = traits & 3;
  const strict = (traits & TRAIT.strict) !== 0;
  const expression = kind === KIND.expression ? text : `{${text}}`;
  let built: unknown;
  try {
    built = environment === null ? buildAlone(expression, strict) : environment.build(expression, strict);
  } catch (error) {
    decoder.fail(`the text of a function can't be evaluated: ${error}`);
  }
  const fn = kind === KIND.expression ? built : onlyMember(built, kind);
  return typeof fn === "function" ? fn : null;
}

function onlyMember(object: unknown, kind: number): unknown {
  if (typeof object !== "object" || object === null) return null;
  const [key] = Reflect.ownKeys(object);
  const member = key === undefined ? undefined : Object.getOwnPropertyDescriptor(object, key);
  return kind === KIND.getter ? member?.get : kind === KIND.setter ? member?.set : member?.value;
}

function inherit(fn: Function, parent: unknown, traits: number): boolean {
  if (parent === null) return true;
  if (typeof parent !== "function" && typeof parent !== "object") return false;
  if (!Reflect.setPrototypeOf(fn, parent)) return false;
  if (!(traits & TRAIT.isClass)) return true;
  const above = (parent as { prototype?: object | null }).prototype;
  return above !== undefined && Reflect.setPrototypeOf(fn.prototype as object, above);
}

/** Closes an object as it was: what is set on it says itself whether it can change. */
function close(object: object): void {
  Object.preventExtensions(object);
}
