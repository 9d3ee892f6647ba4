import { Money, Point, Registry, Ring, Stack } from "./sample-classes.ts";
import { holed } from "./values.ts";

// One table of what the codec takes, for all specs that try everything: hostile bytes, graphs, vectors. Who adds a type adds it here.

/** A value, made anew for each call. */
export interface Sample {
  readonly name: string;
  make(): unknown;
}

const sample = (name: string, make: () => unknown): Sample => ({ name, make });

/** Values without identity. */
export const scalars: readonly Sample[] = [
  sample("null", () => null),
  sample("booleans", () => [true, false]),
  sample("undefined", () => undefined),
  sample("integers", () => [0, 1, -1, 127, 128, -32, -33, 200, -200, 70_000, -70_000, 2 ** 40, -(2 ** 40)]),
  sample("numbers", () => [-0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 2 ** 60]),
  sample("text", () => ["", "abc", "é".repeat(20), "x".repeat(300), "𝒳", "\ufeffmark", "\ufffd"]),
  sample("lone surrogates", () => ["\ud800", "a\udc00b"]),
  sample("symbols", () => [Symbol.for("spec"), Symbol.iterator]),
  sample("BigInt", () => [0n, 5n, -(2n ** 63n), 2n ** 63n, -(2n ** 80n)]),
];

const temporal: readonly Sample[] = [
  sample("Temporal", () => [
    Temporal.PlainDate.from("2020-02-29"),
    Temporal.Duration.from({ hours: 48, milliseconds: 5000 }),
    Temporal.ZonedDateTime.from("2024-10-27T02:30+01:00[Europe/Paris]"),
  ]),
];

/** Objects that hold no other values. */
export const leaves: readonly Sample[] = [
  sample("Date", () => new Date(1)),
  sample("Date of seconds", () => new Date(1000)),
  sample("Date of old", () => new Date(-1)),
  sample("invalid Date", () => new Date(Number.NaN)),
  sample("ArrayBuffer", () => new Uint8Array([1, 2, 3]).buffer),
  sample("Uint8Array", () => new Uint8Array([1, 2])),
  sample("Float64Array", () => new Float64Array([1, -0])),
  sample("BigInt64Array", () => new BigInt64Array([1n, -1n])),
  sample("Float16Array", () => new Float16Array([1.5])),
  sample("DataView", () => new DataView(new ArrayBuffer(24), 1, 2)),
  sample("Buffer", () => Buffer.from(new Uint8Array([98]).buffer)),
  sample("resizable ArrayBuffer", () => new ArrayBuffer(2, { maxByteLength: 9 })),
  sample("view that follows its buffer", () => new Uint16Array(new ArrayBuffer(8, { maxByteLength: 32 }), 2)),
  sample("RegExp", () => /a(b)?/giu),
  sample("RegExp that goes on", () => Object.assign(/a/g, { lastIndex: 3 })),
  sample("boxed primitives", () => [Object(1), Object("ab"), Object(false), Object(5n), Object(Symbol.iterator)]),
  sample("Error", () => new TypeError("no")),
  sample("Error of nothing", () => new Error()),
  sample("DOMException", () => new DOMException("no", "AbortError")),
  sample("URL", () => new URL("https://a.b/c?d=1#e")),
  sample("URLSearchParams", () => new URLSearchParams("a=1&a=2")),
  sample("Headers", () => new Headers([["a", "b"]])),
  ...("Temporal" in globalThis ? temporal : []),
  sample("class by name", () => Point),
  sample("serialized", () => new Money(5)),
];

/** Objects that are made of others. `attach` adds a member; each `n` is given once for an object. */
export interface Container<T extends object = object> {
  readonly name: string;
  make(): T;
  attach(container: T, member: unknown, n: number): void;
  /** Whether it may drop a member that it has. */
  readonly unique?: boolean;
  /** Whether what it is decoded to is up to its class, locks and all. */
  readonly custom?: boolean;
}

const container = <T extends object>(one: Container<T>): Container => one as unknown as Container;

export const containers: readonly Container[] = [
  container<unknown[]>({
    name: "array with names",
    make: () => [],
    attach(array, member, n) {
      if (n % 2 === 0) array.push(member);
      else Object.assign(array, { [`k${n}`]: member });
    },
  }),
  container<object>({
    name: "object with symbols and hidden names",
    make: () => ({}),
    attach(object, member, n) {
      const name = n % 2 === 0 ? Symbol.for(`${n}`) : `k${n}`;
      Object.defineProperty(object, name, { value: member, enumerable: false, writable: true, configurable: true });
    },
  }),
  container<Error>({
    name: "Error",
    make: () => new RangeError("filled"),
    attach(error, member, n) {
      if (n === 0) Object.defineProperty(error, "cause", { value: member, writable: true, configurable: true });
      else Object.assign(error, { [`k${n}`]: member });
    },
  }),
  container<unknown[]>({ name: "array", make: () => [], attach: (array, member) => array.push(member) }),
  container<unknown[]>({
    name: "array with holes",
    make: () => [],
    attach(array, member, n) {
      array[array.length + (n % 3)] = member;
    },
  }),
  container<Record<string, unknown>>({
    name: "object",
    make: () => ({}),
    attach(object, member, n) {
      object[`k${n}`] = member;
    },
  }),
  container<object>({
    name: "object with odd names",
    make: () => ({}),
    attach(object, member, n) {
      const name = [`${n}`, `\ud800${n}`, `ключ ${n}`, n > 1000 ? `${n}` : "__proto__"][n % 4]!;
      if (Object.hasOwn(object, name)) return this.attach(object, member, n + 1001);
      Object.defineProperty(object, name, { value: member, enumerable: true, writable: true, configurable: true });
    },
  }),
  container<Record<string, unknown>>({
    name: "object without prototype",
    make: () => Object.create(null),
    attach(object, member, n) {
      object[`k${n}`] = member;
    },
  }),
  container<Map<unknown, unknown>>({
    name: "Map, by value",
    make: () => new Map(),
    attach: (map, member, n) => void map.set(n % 2 === 0 ? n : `k${n}`, member),
  }),
  container<Map<unknown, unknown>>({
    name: "Map, by key",
    unique: true,
    make: () => new Map(),
    attach: (map, member, n) => void map.set(member, n),
  }),
  container<Set<unknown>>({
    name: "Set",
    unique: true,
    make: () => new Set(),
    attach: (set, member) => void set.add(member),
  }),
  container<object>({
    name: "array with names",
    make: () => [1, 2],
    attach: (array, member, n) => void Object.assign(array, { [n % 2 === 0 ? `k${n}` : Symbol.for(`${n}`)]: member }),
  }),
  container<Record<string, unknown>>({
    name: "instance",
    make: () => new Point(1, 2) as never,
    attach(object, member, n) {
      object[`k${n}`] = member;
    },
  }),
  container<Ring>({
    name: "reduced",
    custom: true,
    make: () => new Ring(2),
    attach: (ring, member) => void ring.items.push(member),
  }),
  container<object>({
    name: "adorned array",
    make: () => Stack.from([1]),
    attach(array, member, n) {
      const flags = { enumerable: n % 2 === 0, writable: n % 3 === 0, configurable: n % 5 === 0 };
      const key = n % 2 === 0 ? `k${n}` : Symbol.for(`spec ${n}`);
      Object.defineProperty(array, key, { value: member, ...flags });
    },
  }),
  container<Map<unknown, unknown>>({
    name: "adorned Map",
    make: () => new Registry(),
    attach(map, member, n) {
      if (n % 2 === 0) map.set(n, member);
      else Object.assign(map, { [`k${n}`]: member });
    },
  }),
];

const hidden = <T extends object>(object: T, flags: PropertyDescriptor = {}): T =>
  Object.defineProperty(object, "hidden", { value: [1], ...flags });

/** What is around objects: their class, properties beside their contents, locks. */
export const adorned: readonly Sample[] = [
  sample("frozen object", () => Object.freeze({ a: [1] })),
  sample("sealed array", () => Object.seal([1, { a: 1 }])),
  sample("closed Map", () => Object.preventExtensions(new Map([["a", 1]]))),
  sample("frozen object of many", () => Object.freeze([Object.freeze({ a: 1 }), Object.freeze(new Date(1))])),
  sample("symbols for keys", () => ({ a: 1, [Symbol.for("spec")]: [1], [Symbol.iterator]: null })),
  sample("names of an array", () => Object.assign([1, 2], { name: "list", "01": 1 })),
  sample("names of a Set and a view", () => [
    Object.assign(new Set([1]), { name: "set" }),
    Object.assign(new Uint8Array(2), { name: "view" }),
  ]),
  sample("hidden", () => [hidden({ a: 1 }), hidden([1], { writable: true }), hidden(new Date(1))]),
  sample("hidden in a cycle", () => {
    const object = { a: 1 };
    return Object.freeze(Object.defineProperty(object, "self", { value: [object] }));
  }),
  sample("instance", () => new Point(1, new Point(2, null))),
  sample("array of a class", () => Stack.from([1, 2])),
  sample("Map of a class", () => new Registry([["a", new Registry()]])),
  sample("reduced", () => new Ring(3)),
  sample("frozen instance", () => Object.freeze(new Point(1, 2))),
];

/** Values of several types at once, and shapes that have code of their own. */
export const shapes: readonly Sample[] = [
  sample("object", () => ({ a: 1, b: { c: [2] }, "\udfff": 3 })),
  sample("object with `__proto__`", () => JSON.parse('{"__proto__": {"a": 1}, "b": []}')),
  sample("objects of one kind", () => [1, 2, 3].map(i => ({ id: i, name: `row ${i}`, at: new Date(i) }))),
  sample("holes", () => holed(3, { 0: 1, 2: 3 })),
  sample("array of mostly holes", () => {
    const sparse: unknown[] = [];
    sparse.length = 300_000;
    sparse[7] = "seven";
    return sparse;
  }),
  sample("doubles", () => Array.from({ length: 20 }, (_, i) => i / 3)),
  sample("texts", () => Array.from({ length: 20 }, (_, i) => `text ${i}`)),
  sample("packed integers", () => Array.from({ length: 70 }, (_, i) => i * 1000 - 9000)),
  sample("packed bytes", () => Array.from({ length: 70 }, (_, i) => i * 3)),
  sample("packed doubles", () => Array.from({ length: 70 }, (_, i) => i / 3)),
  sample("packed texts", () => Array.from({ length: 70 }, (_, i) => (i % 9 === 0 ? null : "é𝒳".slice(0, i % 4)))),
  sample("packed Dates", () => Array.from({ length: 70 }, (_, i) => new Date(i === 7 ? Number.NaN : i * 1001))),
  sample("packed Map", () => new Map(Array.from({ length: 70 }, (_, i) => [`k${i}`, i * 1000]))),
  sample("packed Set", () => new Set(Array.from({ length: 70 }, (_, i) => i / 3))),
  sample("packed records", () => {
    const rows = Array.from({ length: 70 }, (_, i) => ({
      id: i * 500,
      at: new Date(i),
      next: null as unknown,
      tags: ["a"],
    }));
    for (const [i, row] of rows.entries()) row.next = rows[i * 7] ?? null;
    return rows;
  }),
  sample("packed arrays", () => {
    const rows: (unknown[] | null)[] = Array.from({ length: 70 }, (_, i) => (i % 9 === 0 ? null : [i * 500, [i / 3]]));
    for (const [i, row] of rows.entries()) row?.push(rows[i * 7], i === 3 ? rows : []);
    return rows;
  }),
  sample("shared and cyclic", () => {
    const shared = { x: 1 };
    const cycle: unknown[] = [1];
    cycle.push(cycle);
    return [shared, shared, cycle];
  }),
  sample("views of one buffer", () => {
    const buffer = new ArrayBuffer(24);
    return [buffer, new Uint8Array(buffer, 0, 8), new Uint16Array(buffer, 16, 2), new DataView(buffer, 1, 2)];
  }),
  sample("views of parts of a buffer", () => {
    const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
    return [new Uint8Array(buffer, 0, 2), new Uint16Array(buffer, 2, 3)];
  }),
  sample("Map and Set", () => [
    new Map<unknown, unknown>([
      ["k", [1]],
      [{}, new Set(["v"])],
    ]),
    new Set([1, "a", new Map()]),
  ]),
];

/** Every container with a member of every other kind, and itself. */
export const filled: readonly Sample[] = containers.map(one => ({
  name: `filled ${one.name}`,
  make() {
    const made = one.make();
    for (const [n, member] of [1, "two", [3], { four: 4n }, made].entries()) one.attach(made, member, n);
    return made;
  },
}));

/** All of the above. */
export const samples: readonly Sample[] = [...scalars, ...leaves, ...adorned, ...shapes, ...filled];
