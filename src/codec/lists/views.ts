import { REFERENCE_MARK } from "../constants.ts";
import type { Encoder } from "../encoder.ts";
import { isSerialized } from "../serializers.ts";
import { ELEMENT_BYTES, kindOfPrototype } from "../typed-array.ts";
import { isOrdinaryOnceAsked } from "../types/ordinary.ts";
import { writeWholeView } from "../types/views.ts";
import { areDistinct } from "./distinct.ts";

/** Of fewer there is nothing to gain. */
export const MIN_VIEWS = 8;

/**
 * Typed arrays of one kind, each of which shows all of a buffer of its own: as they are written one by one, but all are looked at first
 * and numbered together, which takes a third of the time. -1, with nothing written or numbered, if something else is among them.
 */
export function writeViews(encoder: Encoder, values: readonly unknown[], count: number, p: number): number {
  // A filter is code of the caller's, which may detach what was looked at.
  if (!ArrayBuffer.isView(values[0]) || encoder.bufferFilter !== null) return -1;
  const prototype = Object.getPrototypeOf(values[0]) as object;
  const kind = kindOfPrototype(prototype);
  if (kind < 0 || isSerialized(prototype) || REFERENCE_MARK in prototype) return -1;
  const views: Uint8Array[] = new Array(count);
  const buffers: ArrayBuffer[] = new Array(count);
  const width = ELEMENT_BYTES[kind]!;
  for (let i = 0; i < count; i++) {
    const view = values[i] as Uint8Array;
    const buffer = bufferOf(view, prototype, width);
    if (buffer === null) return -1;
    views[i] = view;
    buffers[i] = buffer;
  }
  const distinct = areDistinct(buffers, [views.map(view => view[0]), views.map(view => view[view.length >> 1])]);
  if (distinct === false || !encoder.memo.addViews(views, prototype, buffers, distinct === true)) return -1;
  for (let i = 0; i < count; i++) p = writeWholeView(encoder, kind, buffers[i]!, views[i]!.byteLength, p);
  return p;
}

/** The buffer of a view that shows all of it, and is no more than such a view; else null. */
function bufferOf(view: Uint8Array, prototype: object, width: number): ArrayBuffer | null {
  if (!ArrayBuffer.isView(view) || Object.getPrototypeOf(view) !== prototype) return null;
  try {
    const { buffer, byteLength, length } = view;
    if (!isOrdinaryOnceAsked(view)) return null;
    if (!(buffer instanceof ArrayBuffer) || buffer.resizable) return null;
    return length > 0 && length * width === byteLength && byteLength === buffer.byteLength ? buffer : null;
  } catch {
    // A view of another kind, with this prototype.
    return null;
  }
}
