import fc from "fast-check";

/** Text of all kinds: ASCII and not, short and long, with lone surrogates too. */
export const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ maxLength: 400 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map(units => String.fromCharCode(...units)),
);

/** Numbers, those at the edges of MessagePack's integer widths among them. */
export const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc
    .tuple(fc.integer({ min: 0, max: 53 }), fc.integer({ min: -2, max: 2 }), fc.boolean())
    .map(([bits, off, negative]) => (negative ? -1 : 1) * (2 ** bits + off)),
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE, Number.MAX_VALUE),
);

/** What the constructors of all kinds of view have in common. */
export interface ViewClass {
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): ArrayBufferView<ArrayBuffer>;
}

/** All kinds of view but Buffer. */
export const views: readonly ViewClass[] = [
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
  DataView,
];

/** Views of every kind, some on a part of their buffer only. */
export const view = fc
  .tuple(fc.constantFrom(...views), fc.uint8Array({ maxLength: 64 }), fc.nat(3), fc.nat(3), fc.boolean())
  .map(([View, bytes, skip, drop, isBuffer]) => {
    if (isBuffer) return Buffer.from(bytes.slice().buffer, Math.min(skip, bytes.length));
    const size = View.BYTES_PER_ELEMENT ?? 1;
    const buffer = new ArrayBuffer((bytes.length + skip + drop) * size);
    new Uint8Array(buffer).set(bytes);
    return new View(buffer, skip * size, bytes.length);
  });

export const date = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(0, -1, 1, 999, 1000, 2 ** 32 * 1000, 2 ** 34 * 1000, 8.64e15, -8.64e15).map(ms => new Date(ms)),
);

export const bigint = fc.oneof(
  fc.bigInt(),
  fc
    .tuple(fc.integer({ min: 0, max: 300 }), fc.bigInt({ min: -2n, max: 2n }), fc.boolean())
    .map(([bits, off, negative]) => (negative ? -1n : 1n) * ((1n << BigInt(bits)) + off)),
);

const key = fc.oneof(
  { arbitrary: text, weight: 6 },
  fc.constantFrom("__proto__", "constructor", "0", "12", "toString", ""),
);

function object(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(fc.array(fc.tuple(key, value), { maxLength: 20 }), fc.boolean()).map(([members, isNull]) => {
    const made: object = isNull ? Object.create(null) : {};
    for (const [name, member] of members) {
      Object.defineProperty(made, name, { value: member, writable: true, enumerable: true, configurable: true });
    }
    return made;
  });
}

/** An array of a length, with holes where `elements` names no index. */
export function holed(length: number, elements: Record<number, unknown>): unknown[] {
  return Object.assign(new Array<unknown>(length), elements);
}

function holey(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.array(fc.option(value, { nil: HOLE }), { maxLength: 20 }).map(elements => {
    const made = new Array<unknown>(elements.length);
    elements.forEach((element, i) => {
      if (element !== HOLE) made[i] = element;
    });
    return made;
  });
}
const HOLE = Symbol("hole");

/** Anything that can be encoded, nothing in it twice. */
export const anything = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(text, number, fc.boolean(), fc.constantFrom(null, undefined), bigint, date, view),
    fc.uint8Array({ maxLength: 40 }).map(bytes => bytes.slice().buffer),
    holey(tie("value")),
    fc.array(tie("value"), { maxLength: 40 }),
    object(tie("value")),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 20 }).map(entries => new Map(entries)),
    fc.array(tie("value"), { maxLength: 20 }).map(values => new Set(values)),
  ),
})).value;

/** Plain data: what MessagePack has of its own and JavaScript keeps apart. */
export const plain = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 300 }),
      number.filter(n => !Object.is(n, -0)),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 300 }).map(bytes => bytes.slice()),
      fc.date({ noInvalidDate: true }),
    ),
    fc.array(tie("value"), { maxLength: 40 }),
    fc.dictionary(
      fc.string({ unit: "grapheme" }).filter(k => k !== "__proto__"),
      tie("value"),
      { maxKeys: 20, noNullPrototype: true },
    ),
  ),
})).value;

/** A buffer that can grow, its first bytes set. */
export function resizable(byteLength: number, maxByteLength: number): ArrayBuffer {
  const buffer = new ArrayBuffer(byteLength, { maxByteLength });
  new Uint8Array(buffer).set([1, 2, 3, 4].slice(0, byteLength));
  return buffer;
}
