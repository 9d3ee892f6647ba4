/** A view's constructor, as far as the codec uses it. */
interface ViewConstructor {
  readonly name: string;
  readonly prototype: object;
  new (buffer: ArrayBuffer, byteOffset: number, length?: number): ArrayBufferView;
}

/** `Buffer` is made by a function of its own: its constructor is deprecated and warns. */
function BufferView(buffer: ArrayBuffer, byteOffset: number, length: number): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

export const TYPED_ARRAYS: readonly ViewConstructor[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

/** What the byte that says a view's kind means. New kinds are added at the end; the numbers are part of the format. */
const CONSTRUCTORS: readonly ViewConstructor[] = [...TYPED_ARRAYS, DataView];

export const KIND_INT8 = 0;
export const KIND_UINT8 = 1;
export const KIND_INT16 = 3;
export const KIND_UINT16 = 4;
export const KIND_INT32 = 5;
export const KIND_UINT32 = 6;
const KIND_FLOAT32 = 8;
export const KIND_FLOAT64 = 9;
const KIND_BUFFER = 13;

/** Bytes of one element, by kind. */
export const ELEMENT_BYTES: readonly number[] = [1, 1, 1, 2, 2, 4, 4, 2, 4, 8, 8, 8, 1, 1];

const kinds = new Map<object, number>(CONSTRUCTORS.map((type, kind) => [type.prototype, kind]));
kinds.set(Buffer.prototype, KIND_BUFFER);

/** The prototypes of all kinds of view. */
export const VIEW_PROTOTYPES: readonly object[] = [...kinds.keys()];

/** The kind of views with this prototype; -1 if there is none. */
export function kindOfPrototype(prototype: object): number {
  return kinds.get(prototype) ?? -1;
}

/** The kind of a view, or of the one that its class extends. */
export function viewKind(view: object): number {
  for (
    let at = Object.getPrototypeOf(view) as object | null;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    const kind = kinds.get(at);
    if (kind !== undefined) return kind;
  }
  throw new TypeError("no view");
}

/** What a kind is called, for messages. */
export function viewName(kind: number): string {
  return kind === KIND_BUFFER ? "Buffer" : (CONSTRUCTORS[kind]?.name ?? `view of kind ${kind}`);
}

/**
 * A view of `length` elements. The commonest kinds are constructed by name: the compiler turns those into an allocation, where
 * `new constructors[kind]` is a call.
 *
 * @throws RangeError if it does not fit the buffer; the decoder checks that first.
 */
export function makeView(kind: number, buffer: ArrayBuffer, byteOffset: number, length: number): ArrayBufferView {
  switch (kind) {
    case KIND_UINT8:
      return new Uint8Array(buffer, byteOffset, length);
    case KIND_FLOAT64:
      return new Float64Array(buffer, byteOffset, length);
    case KIND_FLOAT32:
      return new Float32Array(buffer, byteOffset, length);
    case KIND_INT32:
      return new Int32Array(buffer, byteOffset, length);
    case KIND_BUFFER:
      return BufferView(buffer, byteOffset, length);
    default:
      return new (CONSTRUCTORS[kind] as ViewConstructor)(buffer, byteOffset, length);
  }
}

/** A view of all of a buffer from `byteOffset` on, however long that becomes. */
export function makeTrackingView(kind: number, buffer: ArrayBuffer, byteOffset: number): ArrayBufferView {
  if (kind !== KIND_BUFFER) return new (CONSTRUCTORS[kind] as ViewConstructor)(buffer, byteOffset);
  return Object.setPrototypeOf(new Uint8Array(buffer, byteOffset), Buffer.prototype) as Buffer;
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** The same view of the same bytes, with none of what a class or properties of its own may say about them. */
export function bareView(view: ArrayBufferView): ArrayBufferView {
  const prototype = view instanceof DataView ? DataView.prototype : typedArray;
  const field = (name: string) => Reflect.get(prototype, name, view) as unknown;
  const buffer = field("buffer") as ArrayBuffer;
  const byteOffset = field("byteOffset") as number;
  const byteLength = field("byteLength") as number;
  const kind = viewKind(view);
  // A view that may follow its buffer's length can't be made again without knowing; those of buffers that can grow are left as they are.
  if (buffer.resizable || (buffer as unknown as SharedArrayBuffer).growable || (byteLength === 0 && buffer.detached))
    return view;
  return makeView(kind, buffer, byteOffset, byteLength / ELEMENT_BYTES[kind]!);
}
