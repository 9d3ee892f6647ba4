import { ELEMENT_BYTES, KIND_FLOAT64, KIND_INT32, KIND_UINT8, TYPED_ARRAYS } from "./typed-array.ts";

/** From here on to copy a buffer is no slower. */
const MOST_BYTES = 64;

type Elements = Record<number, number | bigint> & ArrayBufferView;

const scratch = new Uint8Array(MOST_BYTES);
/** The scratch bytes as elements of each kind. */
const SHOWN = TYPED_ARRAYS.map(type => new type(scratch.buffer, 0) as unknown as Elements);
const float64 = new Float64Array(scratch.buffer);
const int32 = new Int32Array(scratch.buffer);

/**
 * A typed array of a few bytes of `source`, copied; null if it is not short, or has to be copied as bytes. The engine makes one without an
 * ArrayBuffer, as long as nobody asks for that, in a tenth of the time; but it has to be filled element by element.
 */
export function shortView(kind: number, source: Uint8Array, start: number, length: number): ArrayBufferView | null {
  if (kind >= TYPED_ARRAYS.length) return null;
  const bytes = length * ELEMENT_BYTES[kind]!;
  if (bytes > MOST_BYTES) return null;
  if (kind === KIND_UINT8) return copyInto(new Uint8Array(length), source, start);
  for (let i = 0; i < bytes; i++) scratch[i] = source[start + i]!;
  if (kind === KIND_FLOAT64) return fillFloats(new Float64Array(length));
  if (kind === KIND_INT32) return fillIntegers(new Int32Array(length));
  const type = TYPED_ARRAYS[kind] as unknown as new (length: number) => Elements;
  return fill(new type(length), SHOWN[kind]!, length);
}

function copyInto(view: Uint8Array, source: Uint8Array, start: number): Uint8Array {
  for (let i = 0; i < view.length; i++) view[i] = source[start + i]!;
  return view;
}

// A number has one NaN, a double many: the bits would be lost.
function fillFloats(view: Float64Array): Float64Array | null {
  for (let i = 0; i < view.length; i++) {
    const element = float64[i]!;
    if (Number.isNaN(element)) return null;
    view[i] = element;
  }
  return view;
}

function fillIntegers(view: Int32Array): Int32Array {
  for (let i = 0; i < view.length; i++) view[i] = int32[i]!;
  return view;
}

function fill(view: Elements, shown: Elements, length: number): ArrayBufferView | null {
  for (let i = 0; i < length; i++) {
    const element = shown[i]!;
    if (Number.isNaN(element)) return null;
    view[i] = element;
  }
  return view;
}
