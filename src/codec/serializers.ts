import { InvalidArgumentError } from "../errors.ts";
import { type Callable, findNamed, nameOf, register, unregister } from "./names.ts";

/** A class, abstract or not. */
export type Class<T = unknown> = abstract new (...args: never[]) => T;

/** How the objects of a class become data and back. */
export interface Serializer<T = unknown, D = unknown> {
  /** Data for an object: any value that can be encoded. It may be asked more than once for one message. */
  serialize(object: T): D;
  /** An object for the data. The class is that of the object that was written, where that has a name of its own. */
  deserialize(data: D, type: Class<T>): T;
  /** What messages call the class, if no `register` has named it. The class's own name by default. */
  name?: string;
}

interface Entry {
  readonly type: Class;
  readonly serializer: Serializer;
  /** The name that goes when the serializer does; null if the class was named without it. */
  readonly ownName: string | null;
}

const entries = new Map<object, Entry>();

/** The method of a class that says how to build its objects anew: `[build, args]` or `[build, args, state]`. */
export const REDUCE: unique symbol = Symbol.for("plasmid.reduce");
/** The method that takes the state of a reduce; without one, the state's properties are set. */
export const RESTORE: unique symbol = Symbol.for("plasmid.restore");

/**
 * Says how objects of a class, and of classes that extend it, are encoded and decoded in this process, at once. Registering again
 * replaces. A subclass goes its own way by a serializer or a reduce method of its own.
 *
 * The class must have the same name on the other side: that of `register`, or `name`, or else the class's own.
 *
 * @throws InvalidArgumentError if it is no class with a serializer, or its name is taken by another class.
 */
export function registerSerializer<T, D>(type: Class<T>, serializer: Serializer<T, D>): void {
  const prototype = typeof type === "function" ? (type.prototype as unknown) : undefined;
  if (typeof prototype !== "object" || prototype === null) {
    throw new InvalidArgumentError("registerSerializer takes a class first", {}, "pass the class, not an object of it");
  }
  if (prototype === Object.prototype || prototype === Array.prototype) {
    throw new InvalidArgumentError(
      `${type.name} has no serializer but the codec's own`,
      {},
      "extend it, and register that class",
    );
  }
  if (typeof serializer?.serialize !== "function" || typeof serializer.deserialize !== "function") {
    throw new InvalidArgumentError("a serializer has two functions", {}, "pass { serialize, deserialize }");
  }
  deregisterSerializer(type);
  const callable = type as unknown as Callable;
  let ownName: string | null = null;
  if (nameOf(callable) === undefined) {
    ownName = serializer.name ?? type.name;
    const taken = findNamed(ownName, null);
    if (taken !== undefined) {
      throw new InvalidArgumentError(
        `${ownName} is the name of another ${taken.name || "function"}`,
        {},
        'give this class a name of its own: registerSerializer(type, { name: "…", serialize, deserialize })',
      );
    }
    register(ownName, callable);
  }
  entries.set(prototype, { type, serializer: serializer as unknown as Serializer, ownName });
}

/** Forgets the serializer of a class, at once. A class that has none is no error. */
export function deregisterSerializer(type: Class): void {
  const entry = entries.get(type?.prototype as object);
  if (entry === undefined) return;
  entries.delete(type.prototype as object);
  if (entry.ownName !== null) unregister(entry.ownName);
}

/** Whether objects with this prototype go by a serializer. */
export function isSerialized(prototype: object): boolean {
  if (entries.size === 0) return false;
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (entries.has(at)) return true;
  }
  return false;
}

/** What a value has of its own to say about its encoding, or inherits: whichever is nearest. Null if nothing. */
export function customOf(value: object): Entry | typeof REDUCE | null {
  const { size } = entries;
  if (size === 0) return typeof (value as { [REDUCE]?: unknown })[REDUCE] === "function" ? REDUCE : null;
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const entry = entries.get(at);
    if (entry !== undefined && at !== value) return entry;
    if (Object.hasOwn(at, REDUCE)) return REDUCE;
  }
  return null;
}

/** The serializer of a class, its own or inherited. */
export function serializerOf(type: Callable): Serializer | undefined {
  let at = (type as { prototype?: unknown }).prototype as object | null | undefined;
  for (; at !== null && at !== undefined; at = Object.getPrototypeOf(at) as object | null) {
    const entry = entries.get(at);
    if (entry !== undefined) return entry.serializer;
  }
  return undefined;
}
