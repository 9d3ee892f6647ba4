import { codeType } from "./code/code-type.ts";
import { codeRefusal } from "./code/refusal.ts";
import { REFERENCE_MARK } from "./constants.ts";
import type { Encoder } from "./encoder.ts";
import { EncodeError } from "./errors.ts";
import type { Composite, Leaf } from "./extension.ts";
import { type Callable, nameOf } from "./names.ts";
import { elementStep, formatPath, memberStep, type Step } from "./path.ts";
import { functionReason, isRevoked, REVOKED, Refusal } from "./reasons.ts";
import { baseTypeOf } from "./types/base.ts";
import { membersOf } from "./types/collections.ts";
import { isPlainArray, isPlainObject, typeOf } from "./types/select.ts";
import { isSparse, sparseArray } from "./types/sparse-array.ts";
import { symbolReason } from "./types/symbols.ts";
import { isBareBuffer } from "./types/views.ts";

/**
 * The error for a value that the encoder refused. The encoder does not keep track of where it is, for that would cost every value
 * something; so the path is looked for now: the first value below the root, in the encoder's order, that is refused.
 */
export function explainRefusal(encoder: Encoder, root: unknown, refused: unknown, cause?: unknown): EncodeError {
  const found = findRefused(encoder, root);
  const value = found === null ? refused : found.value;
  const path = found === null ? "$" : formatPath(found.steps);
  const reason = found?.reason ?? refusal(value, encoder) ?? "it changes as it is read; encode a snapshot of it";
  const options = cause === undefined ? undefined : { cause };
  return new EncodeError(`${describe(value)} can't be encoded: ${reason}`, path, options);
}

/** The error for a value that the engine itself refused to look at, being a revoked Proxy; null if that was not why. */
export function explainRevoked(encoder: Encoder, root: unknown, cause: TypeError): EncodeError | null {
  const found = findRefused(encoder, root);
  return found !== null && isRevoked(found.value) ? explainRefusal(encoder, root, found.value, cause) : null;
}

/** Why a value can't be encoded, what it holds left aside; null if it can. */
export function refusal(value: unknown, encoder: Encoder): string | null {
  if (isRevoked(value)) return REVOKED;
  if (typeof value === "function") return functionRefusal(value as Callable, encoder);
  if (typeof value === "symbol") return symbolReason(value);
  if (typeof value !== "object" || value === null) return null;
  if (!Array.isArray(value) && isReference(value)) {
    return encoder.acceptReferences
      ? null
      : "a ref means something only with its store: give it a store, or send ref.export()";
  }
  try {
    const type = typeIn(value, encoder);
    if (type === null) return null;
    if (type.kind === "leaf") return type.refusal(value, encoder);
    type.parts(value, encoder);
    const base = type.wraps === true ? baseTypeOf(value) : null;
    if (base?.kind === "leaf") return base.refusal(value, encoder);
    base?.parts(value, encoder);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    return "it has the prototype but is none; copy its data to a plain object";
  }
}

function functionRefusal(fn: Callable, encoder: Encoder): string | null {
  if (nameOf(fn) !== undefined) return null;
  if (!encoder.code) return functionReason(fn);
  const reason = codeRefusal(fn);
  if (reason !== null) return reason;
  try {
    codeType(fn).parts(fn, encoder);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What is in a value, in the order of encoding, and how paths name it. */
export interface Contents {
  readonly step: Step;
  /** How many of the children are needed to make the object. It can't be among what these hold. */
  readonly needed: number;
  readonly children: readonly unknown[];
}

/**
 * What is in a value: none for one that has no parts, more than one if there is something around it (its class, its lock, more
 * properties), the innermost first.
 */
export function contentsOf(value: object, encoder: Encoder): Contents[] {
  const type = typeIn(value, encoder);
  if (type?.kind !== "composite" || type.wraps !== true) return partsOf(type, value, encoder);
  const around = type.parts(value, encoder);
  return [
    ...partsOf(baseTypeOf(value), value, encoder),
    { step: (i, key) => type.step(i + 1, key), needed: 0, children: around.slice(1) },
  ];
}

function partsOf(type: Leaf | Composite | null, value: object, encoder: Encoder): Contents[] {
  if (type?.kind === "leaf") return [];
  if (type !== null) return [{ step: type.step, needed: type.partsToCreate, children: type.parts(value, encoder) }];
  if (!Array.isArray(value))
    return [{ step: memberStep, needed: 0, children: membersOf(value as Record<string, unknown>) }];
  if (!isSparse(value)) return [{ step: elementStep, needed: 0, children: value }];
  return [{ step: sparseArray.step, needed: 0, children: sparseArray.parts(value, encoder) }];
}

function typeIn(value: object, encoder: Encoder): Leaf | Composite | null {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (Array.isArray(value) ? isPlainArray(value) : prototype === Object.prototype && isPlainObject(value)) return null;
  return typeOf(value, prototype, encoder.code);
}

/** What a value is, in a few words. */
function describe(value: unknown): string {
  if (isRevoked(value)) return "a revoked Proxy";
  if (typeof value === "function") return value.name === "" ? "a function" : `function ${value.name}`;
  if (typeof value === "symbol") return String(value);
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  let name: unknown;
  try {
    name = value.constructor?.name;
  } catch {
    name = undefined;
  }
  return typeof name === "string" && name !== "" && name !== "Object" ? `${name} object` : `${tag} object`;
}

interface Visit extends Contents {
  readonly object: unknown;
  next: number;
}

interface Found {
  readonly value: unknown;
  readonly steps: string[];
  readonly reason: string | null;
}

const CYCLE = "it is needed to make itself; put what leads back to it into the state of a reduce: [build, args, state]";

/** Null if a getter, asked once more, gives another answer or none. */
function findRefused(encoder: Encoder, root: unknown): Found | null {
  try {
    return walk(encoder, root);
  } catch {
    return null;
  }
}

const LATE_BUFFER =
  "a view before it brought its bytes, but not its class, lock or properties; put it before its views";

function walk(encoder: Encoder, root: unknown): Found | null {
  const seen = new Set<unknown>();
  const viewed = new Set<unknown>();
  const stack: Visit[][] = [[{ object: null, step: () => "", needed: 0, children: [root], next: 0 }]];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const visit = top[0];
    if (visit === undefined) {
      stack.pop();
      continue;
    }
    if (!(visit.next < visit.children.length)) {
      top.shift();
      continue;
    }
    const child = visit.children[visit.next++];
    if (refusal(child, encoder) !== null) return { value: child, steps: stack.map(stepOf), reason: null };
    const isObject = (typeof child === "object" && child !== null) || typeof child === "function";
    if (!isObject || isReference(child)) continue;
    if (seen.has(child)) {
      if (!stack.some(([one]) => one?.object === child && one.next <= one.needed)) continue;
      return { value: child, steps: stack.map(stepOf), reason: CYCLE };
    }
    seen.add(child);
    if (viewed.has(child) && !isBareBuffer(child as ArrayBuffer)) {
      return { value: child, steps: stack.map(stepOf), reason: LATE_BUFFER };
    }
    if (ArrayBuffer.isView(child)) viewed.add(child.buffer);
    stack.push(contentsOf(child, encoder).map(contents => ({ ...contents, object: child, next: 0 })));
  }
  return null;
}

function stepOf([visit]: Visit[]): string {
  const { step, next, children } = visit as Visit;
  return step(next - 1, children[next - 2]);
}

export function isReference(value: object): boolean {
  return (value as { [REFERENCE_MARK]?: unknown })[REFERENCE_MARK] === true;
}
