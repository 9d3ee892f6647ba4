import { codeType } from "./code/code-type.ts";
import { codeRefusal } from "./code/refusal.ts";
import { REFERENCE_MARK } from "./constants.ts";
import { EncodeError } from "./errors.ts";
import type { Composite, Leaf } from "./extension.ts";
import { elementStep, formatPath, type Step } from "./path.ts";
import { nullObject } from "./types/collections.ts";
import { typeByPrototype } from "./types/registry.ts";
import { isSparse, sparseArray } from "./types/sparse-array.ts";

/**
 * The error for a value that the encoder refused. The encoder does not keep track of where it is, for that would cost every value
 * something; so the path is looked for now: the first value below the root, in the encoder's order, that is refused.
 */
export function explainRefusal(root: unknown, refused: unknown, allowed: Allowed): EncodeError {
  const found = findRefused(root, allowed);
  const value = found === null ? refused : found.value;
  const path = found === null ? "$" : formatPath(found.steps);
  const reason = refusal(value, allowed) ?? "it changes as it is read; encode a snapshot of it";
  return new EncodeError(`${describe(value)} can't be encoded: ${reason}`, path);
}

/** Why a value can't be encoded, what it holds left aside; null if it can. */
export function refusal(value: unknown, allowed: Allowed): string | null {
  if (typeof value === "function") {
    if (allowed.code) return codeRefusal(value) ?? partsRefusal(value);
    return "code is not data; leave it out, or send it as code: encode(value, { code: true }) and decode(bytes, { code: true })";
  }
  if (typeof value === "symbol") return "symbols can't leave their process; use a string";
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) return isPlainArray(value) ? null : unknownRefusal(value);
  if (isReference(value)) {
    return allowed.acceptReferences
      ? null
      : "a ref means something only with its store: give it a store, or send ref.export()";
  }
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || prototype === Object.prototype) return null;
  const type = typeByPrototype.get(prototype);
  if (type === undefined) return unknownRefusal(value);
  try {
    if (type.kind === "leaf") return type.refusal(value);
    type.parts(value);
    return null;
  } catch {
    return "it has the prototype but is none; copy its data to a plain object";
  }
}

/** What the options of an encoder let pass. */
export interface Allowed {
  readonly acceptReferences: boolean;
  readonly code: boolean;
}

function partsRefusal(fn: Function): string | null {
  try {
    codeType(fn).parts(fn);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether an array is no more than that. The prototype of arrays is an array itself, here and in other contexts; a subclass's is not. */
export function isPlainArray(array: readonly unknown[]): boolean {
  const prototype = Object.getPrototypeOf(array) as unknown;
  return prototype === Array.prototype || Array.isArray(prototype);
}

function unknownRefusal(value: object): string {
  if (value instanceof Promise) return "its outcome is not known yet; await it first";
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    return "what it holds can't be listed; use the strong counterpart";
  }
  if (value instanceof SharedArrayBuffer) return "its memory is shared with this process only; encode a copy: .slice()";
  return "its class is not known here; copy its data to a plain object, or to an array, Map or Set";
}

/** What a value is, in a few words. */
function describe(value: unknown): string {
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

interface Visit {
  readonly step: Step;
  readonly children: readonly unknown[];
  next: number;
}

/** Null if a getter, asked once more, gives another answer or none. */
function findRefused(root: unknown, allowed: Allowed): { value: unknown; steps: string[] } | null {
  try {
    return walk(root, allowed);
  } catch {
    return null;
  }
}

function walk(root: unknown, allowed: Allowed): { value: unknown; steps: string[] } | null {
  const seen = new Set<unknown>();
  const stack: Visit[] = [{ step: () => "", children: [root], next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next === top.children.length) {
      stack.pop();
      continue;
    }
    const child = top.children[top.next++];
    if (refusal(child, allowed) !== null) {
      return { value: child, steps: stack.map(one => one.step(one.next - 1, one.children[one.next - 2])) };
    }
    const isObject = (typeof child === "object" && child !== null) || typeof child === "function";
    if (!isObject || seen.has(child) || isReference(child)) continue;
    seen.add(child);
    const inner = visit(child);
    if (inner !== null) stack.push(inner);
  }
  return null;
}

function visit(value: object): Visit | null {
  if (Array.isArray(value) && !isSparse(value)) return { step: elementStep, children: value, next: 0 };
  const prototype = Object.getPrototypeOf(value) as object | null;
  let type: Leaf | Composite | undefined;
  if (typeof value === "function") type = codeType(value);
  else if (Array.isArray(value)) type = sparseArray as unknown as Composite;
  else if (prototype === null || prototype === Object.prototype) type = nullObject as Composite;
  else type = typeByPrototype.get(prototype);
  return type?.kind === "composite" ? { step: type.step, children: type.parts(value), next: 0 } : null;
}

function isReference(value: object): boolean {
  return (value as { [REFERENCE_MARK]?: unknown })[REFERENCE_MARK] === true;
}
