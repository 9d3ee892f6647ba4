import type { Encoder } from "./encoder.ts";
import type { Composite } from "./extension.ts";
import { nullObject } from "./types/collections.ts";
import { emptiness, isSparse, sparseArray } from "./types/sparse-array.ts";

/** A container that is being written: its children in order, keys among them. */
interface Frame {
  readonly children: readonly unknown[];
  /** Taken at the start, for a getter may change the array; the header has gone out. */
  readonly count: number;
  next: number;
  /** Where its extension starts, whose size is not known yet; -1 if it is a plain array or map. */
  readonly start: number;
}

/**
 * Writes an object, which is numbered already, and all below it, on a stack of its own: the engine's ends near 10,000 levels. The
 * bytes are the same that recursion would give. It is slower, for it lists the children of every object before it writes them.
 */
export function writeDeep(encoder: Encoder, root: object, p: number): number {
  const stack: Frame[] = [];
  let frame: Frame | undefined = open(root);
  while (frame !== undefined) {
    if (frame.next === frame.count) {
      if (frame.start >= 0) encoder.closeExt(frame.start, p);
      frame = stack.pop();
      continue;
    }
    const index: number = frame.next++;
    const child: unknown = frame.children[index];
    if (child === undefined) {
      p = encoder.writeConstant(emptiness(frame.children, index), p);
      continue;
    }
    const end = encoder.writeShallow(child, p);
    if (end >= 0) {
      p = end;
    } else {
      stack.push(frame);
      frame = open(child as object);
    }
  }
  return p;

  function open(value: object): Frame {
    if (Array.isArray(value) && !isSparse(value)) {
      p = encoder.writeArrayHeader(value.length, p);
      return { children: value, count: value.length, next: 0, start: -1 };
    }
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype) {
      const members = nullObject.parts(value as Record<string, unknown>);
      p = encoder.writeMapHeader(members.length / 2, p);
      return { children: members, count: members.length, next: 0, start: -1 };
    }
    const type = (Array.isArray(value) ? sparseArray : encoder.typeOf(value, prototype)) as Composite;
    const parts = encoder.partsOf(type, value);
    const start = p;
    p = encoder.writePartsHeader(type, parts.length, p);
    return { children: parts, count: parts.length, next: 0, start };
  }
}
