import type { Callable } from "./names.ts";

/** Thrown on finding that a value can't be encoded. The encoder, which knows where it is, makes it an EncodeError. */
export class Refusal extends Error {}

export const REVOKED = "nothing can be read of it any more; leave it out";

/** Whether a value is a Proxy of which nothing can be asked. */
export function isRevoked(value: unknown): boolean {
  try {
    Array.isArray(value);
    return false;
  } catch {
    return true;
  }
}

const asText = Function.prototype.toString;

/** Whether the engine, not JavaScript, is what a function or class is made of. */
export function isNative(callable: Callable): boolean {
  // It stands at the end; what is before may be long.
  return /\{\s*\[native code\]\s*\}\s*$/.test(asText.call(callable).slice(-40));
}

/** Why a function or class can't be encoded. */
export function functionReason(callable: Callable): string {
  if (isNative(callable))
    return "it is native code, or bound; leave it out, or register() a function of yours that calls it";
  const name = callable.name === "" ? "name" : callable.name;
  return `code is not data; leave it out, name it by register(${JSON.stringify(name)}, …) on both sides, or send it as code: encode(value, { code: true })`;
}

/** Why an object can't be encoded: its class has no name here, or, unless the codec knows what it extends, holds what only the engine sees. */
export function objectReason(value: object, isKnown: boolean): string {
  if (value instanceof Promise) return "its outcome is not known yet; await it first";
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    return "what it holds can't be listed; use the strong counterpart";
  }
  if (value instanceof SharedArrayBuffer) return "its memory is shared with this process only; encode a copy: .slice()";
  const native = isKnown ? null : nativeAncestor(value);
  if (native !== null) {
    return `it holds native state (${native}), which no other process can have; leave it out, or registerSerializer() its class`;
  }
  const type = constructorOf(value);
  if (type === undefined) return "what it inherits from is no class's prototype; copy its data to a plain object";
  const shown = type.name === "" ? "Class" : type.name;
  return (
    `its class is not known here; register("${shown}", ${shown}) on both sides, registerSerializer(${shown}, …), ` +
    'give it a method Symbol.for("plasmid.reduce"), or copy its data to a plain object'
  );
}

/** The name of the nearest class of the engine's that a value descends from, Object aside; null if there is none. */
export function nativeAncestor(value: object): string | null {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null) return null;
  let known = ancestors.get(prototype);
  if (known === undefined) {
    known = findNativeAncestor(prototype);
    ancestors.set(prototype, known);
  }
  return known;
}

const ancestors = new WeakMap<object, string | null>();

function findNativeAncestor(first: object): string | null {
  let prototype: object | null = first;
  for (
    ;
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    const tag = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value as unknown;
    const maker = ownConstructor(prototype);
    if (maker !== undefined && isNative(maker)) return maker.name === "" ? String(tag) : maker.name;
    if (maker === undefined && typeof tag === "string") return tag;
  }
  return null;
}

/** The class that a value is a direct instance of: the one whose prototype it has. */
export function constructorOf(value: object): Callable | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null) return undefined;
  const maker = ownConstructor(prototype);
  return maker?.prototype === prototype ? maker : undefined;
}

function ownConstructor(prototype: object): (Callable & { prototype?: unknown }) | undefined {
  const maker = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value as unknown;
  return typeof maker === "function" ? (maker as Callable) : undefined;
}
