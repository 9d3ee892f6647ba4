import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { graph } from "./arbitraries.ts";
import { difference } from "./isomorphic.ts";
import { holed } from "./values.ts";

const shared = { x: 1 };
const ring = (length: number) => {
  const first: { next?: object } = {};
  let at = first;
  for (let i = 1; i < length; i++) at = at.next = {};
  at.next = first;
  return first;
};
const flagged = (flags: PropertyDescriptor) => Object.defineProperty({}, "k", { value: 1, ...flags });
const all = { enumerable: true, configurable: true, writable: true };
const pair = (from: number, to: number) => {
  const buffer = new ArrayBuffer(64);
  return [new Uint8Array(buffer, from, 4), new Uint8Array(buffer, to, 4)];
};
const resizable = (max: number) => new ArrayBuffer(8, { maxByteLength: max });
const tagged = (lastIndex: number) => Object.assign(/a/g, { lastIndex });
class One {
  x = 1;
}
const Other = { One: class One extends Object {} }.One;

/** Pairs that differ in one thing each, which deep equality often does not see, and what should be said of it. */
const planted: readonly (readonly [name: string, left: unknown, right: unknown, said: string])[] = [
  ["-0", [0], [-0], "$.0: -0, not 0"],
  ["a number and its text", { a: 1 }, { a: "1" }, '$.a: "1", not 1'],
  ["a number and a BigInt", 1, 1n, "$: 1n, not 1"],
  ["undefined and nothing", { a: undefined }, {}, 'property 0 is missing, not "a"'],
  ["undefined and a hole", [undefined], holed(1, {}), "property 0"],
  ["null and undefined", [null], [undefined], "$.0: undefined, not null"],
  ["the order of properties", { a: 1, b: 2 }, { b: 2, a: 1 }, 'property 0 is "b", not "a"'],
  ["one object and two", [shared, shared], [{ x: 1 }, { x: 1 }], "$.1: is two objects, not one"],
  ["two objects and one", [{ x: 1 }, { x: 1 }], [shared, shared], "$.1: is one object, not two"],
  ["rings of another length", ring(2), ring(3), "is two objects, not one"],
  ["a ring and its unfolding", ring(1), { next: ring(1) }, "$.next: is two objects, not one"],
  ["crossed identity", [shared, {}, shared], [shared, {}, {}], "$.2: "],
  ["length", [1], [1, 2], 'property 1 is "1", not "length"'],
  ["the length of an array of holes", new Array(2), new Array(3), "$.length: 3, not 2"],
  ["the prototype", {}, Object.create(null), "another prototype"],
  ["classes of one name", new One(), Object.assign(new Other(), { x: 1 }), "another prototype"],
  ["an array and an imitation", [], Object.create(Array.prototype), "array"],
  ["frozen", Object.freeze({ a: 1 }), { a: 1 }, "isFrozen"],
  ["sealed", Object.seal({ a: 1 }), Object.preventExtensions({ a: 1 }), "isSealed"],
  ["closed", Object.preventExtensions({ a: 1 }), { a: 1 }, "isExtensible"],
  ["enumerable", flagged(all), flagged({ ...all, enumerable: false }), "being enumerable"],
  ["writable", flagged(all), flagged({ ...all, writable: false }), "being writable"],
  ["configurable", flagged(all), flagged({ ...all, configurable: false }), "being configurable"],
  ["an accessor and a value", { get a() { return 1; } }, { a: 1 }, "being writable"], // biome-ignore format: a pair is a line
  ["symbols for keys", { [Symbol.for("a")]: 1 }, { [Symbol.for("b")]: 1 }, "Symbol(b), not Symbol(a)"],
  ["under a symbol", { [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 2 }, "$[Symbol(a)]: 2, not 1"],
  ["names of arrays", Object.assign([1], { a: 1 }), [1], '"a"'],
  ["names of Maps", Object.assign(new Map(), { a: 1 }), new Map(), '"a"'],
  ["names of views", Object.assign(new Uint8Array(2), { a: 1 }), new Uint8Array(2), '"a"'],
  ["entries", new Map([[1, 2]]), new Map([[1, 3]]), "$.values()[0]: 3, not 2"],
  ["keys", new Map([[{ a: 1 }, 2]]), new Map([[{ a: 2 }, 2]]), "$.keys()[0].a: 2, not 1"],
  ["the order of entries", new Map([[1, 0], [2, 0]]), new Map([[2, 0], [1, 0]]), "$.keys()[0]"], // biome-ignore format: a pair is a line
  ["the order of members", new Set([1, 2]), new Set([2, 1]), "$.values()[0]: 2, not 1"],
  ["size", new Set([1]), new Set([1, 2]), "2 members, not 1"],
  ["no Map", new Map(), Object.create(Map.prototype), "but is none"],
  ["Dates", new Date(1), new Date(2), "its time is 2, not 1"],
  ["invalid Dates", new Date(1), new Date(Number.NaN), "its time is NaN"],
  ["flags", /a/g, /a/i, "its pattern"],
  ["lastIndex", tagged(0), tagged(1), "$.lastIndex: 1, not 0"],
  ["boxes", Object(1), Object(2), "its value is 2, not 1"],
  ["boxed -0", Object(0), Object(-0), "its value"],
  ["addresses", new URL("a:b"), new URL("a:c"), "its address"],
  ["parameters", new URLSearchParams("a=1"), new URLSearchParams("a=2"), "its parameters"],
  ["headers", new Headers({ a: "1" }), new Headers({ a: "2" }), "its headers"],
  ["DOMExceptions", new DOMException("a", "AbortError"), new DOMException("a", "DataError"), "it is DataError"],
  ["messages", new Error("a"), new Error("b"), '$.message: "b", not "a"'],
  ["classes of errors", new TypeError("a"), new RangeError("a"), "another prototype"],
  ["causes", new Error("a", { cause: 1 }), new Error("a"), '"cause"'],
  ["aggregates", new AggregateError([1], "a"), new AggregateError([2], "a"), "$.errors.0: 2, not 1"],
  ["what errors carry", Object.assign(new Error("a"), { code: 1 }), Object.assign(new Error("a"), { code: 2 }), "code"],
  ["functions", () => 1, () => 2, "another function"],
  ["bytes", new Uint8Array([1]), new Uint8Array([2]), "its bytes differ"],
  ["kinds of view", new Uint8Array(1), new Int8Array(1), "another prototype"],
  ["kinds of zero", new Float64Array([0]), new Float64Array([-0]), "its bytes differ"],
  ["Buffer", Buffer.from([1]), new Uint8Array([1]), "another prototype"],
  ["one buffer and two", pair(0, 8), [new Uint8Array(4), new Uint8Array(4)], "its buffer is two objects, not one"],
  ["two buffers and one", [new Uint8Array(4), new Uint8Array(4)], pair(0, 8), "its buffer is one object, not two"],
  ["views that overlap", pair(0, 2), pair(0, 4), "its distance from $.0"],
  ["a part of a buffer that is held", [pair(8, 0)[0], 1].map((v, i) => (i ? pair(8, 0)[0]!.buffer : v)), [1, 2], "$.0"],
  ["a resizable buffer", resizable(16), new ArrayBuffer(8), "can be resized"],
  ["its maximum", resizable(16), resizable(24), "another maximum"],
  ["tracking", new Uint8Array(resizable(16)), new Uint8Array(resizable(16), 0, 8), "tracks the length"],
  ["shared memory", new Uint8Array(new SharedArrayBuffer(2)), new Uint8Array(2), "another kind of buffer"],
];

describe("the comparison of graphs", () => {
  for (const [name, left, right, said] of planted) {
    test(`sees ${name}`, () => {
      expect(difference(left, right)).toContain(said);
      expect(difference(right, left)).not.toBeNull();
      expect(difference({ deep: [new Map([[0, left]])] }, { deep: [new Map([[0, right]])] })).not.toBeNull();
    });
  }

  test("sees a view that moved in a buffer that the value holds", () => {
    const held = (at: number) => {
      const buffer = new ArrayBuffer(64);
      return [buffer, new Uint8Array(buffer, at, 4)];
    };
    expect(difference(held(0), held(0))).toBeNull();
    expect(difference(held(0), held(8))).toContain("its distance from $.0");
    expect(difference(held(0).reverse(), held(8).reverse())).toContain("its distance from $.0");
  });

  test("lets views move together, for what none shows need not be there", () => {
    expect(difference(pair(8, 16), pair(16, 24))).toBeNull();
    expect(difference(new Uint8Array(new ArrayBuffer(9), 1), new Uint8Array(8))).toBeNull();
  });

  test("takes a value for itself, and twins for one another", () => {
    for (const [, left, right] of planted) {
      expect(difference(left, left)).toBeNull();
      expect(difference(right, right)).toBeNull();
    }
    expect(difference(ring(5), ring(5))).toBeNull();
    expect(difference([shared, [shared]], structuredClone([shared, [shared]]))).toBeNull();
  });

  test("reaches 100,000 levels", () => {
    const deep = (end: unknown) => {
      let value = end;
      for (let i = 0; i < 100_000; i++) value = [value];
      return value;
    };
    expect(difference(deep(1), deep(1))).toBeNull();
    expect(difference(deep(1), deep(2))).toEndWith("2, not 1");
  });

  test("sees any one edge of a graph that leads elsewhere", () => {
    fc.assert(
      fc.property(graph, fc.nat(), fc.nat(), ({ build, edges, nodes, keeps }, which, to) => {
        expect(difference(build(), build())).toBeNull();
        const at = which % Math.max(edges.length, 1);
        const edge = edges[at];
        if (edge === undefined || !keeps(edge) || !isObject(build()[to % nodes])) return;
        const moved = build(edges.with(at, { from: edge.from, to }));
        expect(difference(build(), moved) === null).toBe(to % nodes === edge.to % nodes);
      }),
      { numRuns: 1000 },
    );
  });
});

const isObject = (value: unknown) => typeof value === "object" && value !== null;
