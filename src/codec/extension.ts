import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import type { Step } from "./path.ts";

/**
 * Reads the payload of `size` bytes at `decoder.p` and moves `decoder.p` behind it. A reader whose code is numbered calls
 * `decoder.admit` for each object it makes, in the order in which the encoder numbered them.
 */
export type PayloadReader = (decoder: Decoder, size: number) => unknown;

/** What leaves and composites have in common. */
interface ObjectType {
  /** Objects with one of these prototypes are of this type; subclasses too, with their class written around it. */
  readonly prototypes: readonly object[];
  /** Whether one with such a prototype is certainly extensible and without properties of its own; false if that takes longer to tell. */
  isBare?(value: object): boolean;
  /** The object without its class and its properties, should these say otherwise what the type reads. None by default. */
  underneath?(value: object): object;
  /** Whether the type writes this own property itself. Those that it does not are written around it. None by default. */
  owns?(value: object, key: string | symbol): boolean;
}

/** How objects are written that hold no other values: a Date, a typed array. */
export interface Leaf<T extends object = object> extends ObjectType {
  readonly kind: "leaf";
  /** The extension types it reads. */
  readonly readers: ReadonlyMap<number, PayloadReader>;
  /** Why this one can't be written, with the remedy; null if it can. Throws a TypeError, as `write`, if it only has the prototype. */
  refusal(value: T, encoder: Encoder): string | null;
  /** Writes it whole, header and all. */
  write(encoder: Encoder, value: T, p: number): number;
}

/**
 * How objects are written that are made of other values: a Map, a Set. The payload is one MessagePack array, or map if `pairs`, of
 * the parts, which any MessagePack reader can look into. Parts are read and written by the codec itself, so a composite needs to
 * know nothing of nesting, cycles or bad input.
 */
export interface Composite<T extends object = object> extends ObjectType {
  readonly kind: "composite";
  /** Its extension type. Below 16 it takes no number: its first part is the object, which has one. */
  readonly code: number;
  /** Whether the parts are keys and values in turn. */
  readonly pairs: boolean;
  /** How paths name the parts. */
  readonly step: Step;
  /** How many parts `create` needs. The object can be referred to only after these, so a cycle through them is refused. */
  readonly partsToCreate: number;
  /** Whether the first part is the value itself, to be written as what it is underneath. */
  readonly wraps?: boolean;
  /** The parts. May throw a Refusal; a TypeError, if it has prototypes, means that the value only has one of them. */
  parts(value: T, encoder: Encoder): readonly unknown[];
  /** Looks at what comes next, the first part, and may fail. */
  guard?(decoder: Decoder): void;
  /** The object, empty as yet. `null` if these parts can't be right; what it throws becomes the cause of a DecodeError. */
  create(parts: readonly unknown[], decoder: Decoder): T | null;
  /** The rest: all parts, also those that `create` saw. False if they can't be right; it may throw as well. */
  fill(object: T, parts: readonly unknown[], decoder: Decoder): boolean;
}
