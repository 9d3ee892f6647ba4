import type { Encoder } from "./encoder.ts";
import type { Composite } from "./extension.ts";
import { baseTypeOf } from "./types/base.ts";
import { membersOf } from "./types/collections.ts";
import { emptiness, isSparse, sparseArray } from "./types/sparse-array.ts";

/** A container that is being written: its children in order, keys among them. */
interface Frame {
  readonly children: readonly unknown[];
  /** Taken at the start, for a getter may change the array; the header has gone out. */
  readonly count: number;
  next: number;
  /** Where its extension starts, whose size is not known yet; -1 if it is a plain array or map. */
  readonly start: number;
  /** Whether the first child is the object itself, as what it is underneath. */
  readonly wraps: boolean;
  /** After how many children a reference to the object may come. */
  readonly made: number;
}

/**
 * Writes an object, which is numbered already, as `type`, or as the plain array or object that it is, and all below it, on a stack of its own: the engine's ends near 10,000 levels. The
 * bytes are the same that recursion would give. It is slower, for it lists the children of every object before it writes them.
 */
export function writeDeep(encoder: Encoder, root: object, type: Composite | null, p: number): number {
  const stack: Frame[] = [];
  let frame: Frame | undefined = open(root, type);
  while (frame !== undefined) {
    if (frame.next === frame.made) encoder.endMaking();
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
    if (index === 0 && frame.wraps) {
      const type = baseTypeOf(child as object);
      if (type?.kind === "leaf") {
        p = encoder.writeLeaf(type, type.underneath?.(child as object) ?? (child as object), p);
      } else {
        stack.push(frame);
        frame = open(child as object, type);
      }
      continue;
    }
    const end = encoder.writeShallow(child, p);
    if (end >= 0) {
      p = end;
    } else {
      stack.push(frame);
      frame = open(child as object, encoder.typeIn(child as object) as Composite | null);
    }
  }
  return p;

  function open(value: object, chosen: Composite | null): Frame {
    let type = chosen;
    if (type === null && Array.isArray(value)) {
      if (value.length >>> 0 !== value.length) encoder.refuse(value);
      if (!isSparse(value)) {
        p = encoder.writeArrayHeader(value.length, p);
        return { children: value, count: value.length, next: 0, start: -1, wraps: false, made: -1 };
      }
      type = sparseArray as unknown as Composite;
    }
    if (type === null) {
      const members = membersOf(value as Record<string, unknown>);
      p = encoder.writeMapHeader(members.length / 2, p);
      return { children: members, count: members.length, next: 0, start: -1, wraps: false, made: -1 };
    }
    const parts = encoder.partsOf(type, value);
    const start = p;
    p = encoder.writePartsHeader(type, parts.length, p);
    const wraps = type.wraps === true;
    const made = wraps || type.partsToCreate === 0 ? -1 : type.partsToCreate;
    if (made >= 0) encoder.beginMaking(value);
    return { children: parts, count: parts.length, next: 0, start, wraps, made };
  }
}
