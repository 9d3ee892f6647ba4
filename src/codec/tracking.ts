// Views on buffers that can be resized. Nothing says directly whether a view has a length of its own or follows its buffer's.

type TypedArray = Uint8Array;
const keysOf = Object.getPrototypeOf(Uint8Array.prototype).keys as (this: ArrayBufferView) => unknown;

/** Whether a buffer has shrunk so far that a view on it shows nothing any more. */
export function isOutOfBounds(view: ArrayBufferView): boolean {
  try {
    if (view instanceof DataView) void view.byteLength;
    else keysOf.call(view);
    return false;
  } catch {
    return true;
  }
}

/**
 * Whether a view's length is its buffer's. One that doesn't reach the end has its own. For others it is tried, on a copy; a view of
 * all of a growable shared buffer, of which there is no copy, is taken to follow it, as it does if it was made with no length.
 */
export function tracksLength(view: ArrayBufferView): boolean {
  const { buffer, byteOffset, byteLength } = view;
  const elementBytes = (view as TypedArray).BYTES_PER_ELEMENT ?? 1;
  const canGrow = buffer instanceof ArrayBuffer ? buffer.resizable : (buffer as SharedArrayBuffer).growable;
  if (!canGrow || byteOffset + byteLength + elementBytes <= buffer.byteLength) return false;
  return buffer instanceof ArrayBuffer ? followsCopy(view, elementBytes) : true;
}

function followsCopy(view: ArrayBufferView, elementBytes: number): boolean {
  const copy = structuredClone(view);
  const buffer = copy.buffer as ArrayBuffer;
  const longer = buffer.byteLength + elementBytes;
  if (longer <= buffer.maxByteLength) {
    buffer.resize(longer);
    return copy.byteLength > view.byteLength;
  }
  // No room to grow: a view that follows is still there when the buffer ends where it begins.
  buffer.resize(view.byteOffset);
  return !isOutOfBounds(copy) && view.byteLength > 0;
}
