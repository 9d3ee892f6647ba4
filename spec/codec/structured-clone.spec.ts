import { describe, expect, test } from "bun:test";
import { decode, encode } from "../../src/codec/index.ts";
import { difference } from "./isomorphic.ts";
import { registerAll } from "./named.ts";
import { encodeError } from "./refused.ts";
import { holed, resizable, views } from "./values.ts";

const ROUND = <T>(value: T): T => decode(encode(value)) as T;

/** What structured clone makes of a value. */
function cloned(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return "throws";
  }
}

const symbol = Symbol.for("plasmid.spec");

class Point {
  x = 1;
}
class Track extends Array<number> {}
class Registry extends Map<number, number> {}
class Failure extends RangeError {
  code = 5;
}
registerAll({ Point, Track, Registry, Failure });

/** What comes back as a plain object with the same values. */
const FLAT = ["arguments", "an accessor", "a read-only property"];

describe("every type, beside structured clone", () => {
  /** Null: both give the same. Else what this codec does better, or otherwise. */
  const table: [string, () => unknown, string | null][] = [
    ["undefined", () => undefined, null],
    ["booleans, numbers, text", () => [true, 1, -1.5, 2 ** 60, Number.POSITIVE_INFINITY, "é"], null],
    ["null", () => null, null],
    ["-0", () => -0, null],
    ["NaN", () => Number.NaN, null],
    ["BigInt", () => 2n ** 100n, null],
    ["a lone surrogate", () => "\ud800", null],
    ["a lone surrogate as a key", () => ({ "\udfff": 1 }), null],
    ["an array with holes", () => holed(4, { 1: undefined, 2: 2 }), null],
    ["`__proto__` as a key", () => JSON.parse('{"__proto__": {"a": 1}}'), null],
    ["a Map and a Set", () => new Map([[Number.NaN, new Set([-0, undefined])]]), null],
    ["an object of a class", () => new Point(), "structured clone forgets the class"],
    ["an array of a subclass", () => Track.of(1, 2), "structured clone forgets the class"],
    ["a Map of a subclass", () => new Registry([[1, 2]]), "structured clone forgets the class"],
    ["an Error of a subclass", () => new Failure("m"), "structured clone forgets the class"],
    ["a class with a name", () => Point, "structured clone throws"],
    ...views.map(View => [View.name, () => new View(new ArrayBuffer(16)), null] as [string, () => unknown, null]),
    ["a boxed number", () => Object(-0), null],
    ["a boxed string", () => Object("a\ud800"), null],
    ["a boxed boolean", () => Object(false), null],
    ["a boxed BigInt", () => Object(5n), null],
    ["a boxed symbol", () => Object(symbol), "structured clone throws; a registered symbol is the same everywhere"],
    ["a registered symbol", () => symbol, "structured clone throws; a registered symbol is the same everywhere"],
    ["a well-known symbol", () => Symbol.iterator, "structured clone throws; it is the same everywhere"],
    ["a symbol key", () => ({ a: 1, [symbol]: { b: 2 } }), "structured clone drops it"],
    ["a hidden property", () => Object.defineProperty({ a: 1 }, "h", { value: [2] }), "structured clone drops it"],
    ["named properties of an array", () => Object.assign([1], { name: "n" }), null],
    ["holes and names together", () => Object.assign(holed(5, { 1: 1, 3: undefined }), { name: "n" }), null],
    ["a match", () => /b(?<rest>.*)/.exec("abc"), "structured clone gives its groups a prototype"],
    [
      "an object without prototype",
      () => Object.assign(Object.create(null), { a: 1 }),
      "structured clone gives it one",
    ],
    [
      "an accessor",
      () => ({
        get a() {
          return [1];
        },
      }),
      null,
    ],
    ["a frozen object", () => Object.freeze({ a: Object.freeze([1]) }), "structured clone thaws it"],
    ["a sealed object", () => Object.seal({ a: 1 }), "structured clone opens it"],
    ["an object that is closed", () => Object.preventExtensions({ a: 1 }), "structured clone opens it"],
    ["a frozen Map", () => Object.freeze(new Map([[1, 2]])), "structured clone thaws it"],
    ["properties of a Map", () => Object.assign(new Map([[1, 2]]), { extra: [3] }), null],
    ["properties of a Set", () => Object.assign(new Set([1]), { extra: [3] }), null],
    ["properties of a Date", () => Object.assign(new Date(0), { extra: [3] }), "structured clone drops them"],
    ["properties of a view", () => Object.assign(new Uint8Array([1]), { extra: 3 }), "structured clone drops them"],
    ["properties of a RegExp", () => Object.assign(/a/, { extra: 3 }), "structured clone drops them"],
    ["a RegExp", () => /a(b)?[\]/]\n/dgimsuy, null],
    ["a RegExp of sets", () => /[\p{L}--[a-z]]/v, null],
    ["an empty RegExp", () => /(?:)/, null],
    ["a RegExp's lastIndex", () => Object.assign(/a/g, { lastIndex: 7 }), "structured clone starts anew"],
    ["a Date", () => new Date(5), null],
    ["an invalid Date", () => new Date(Number.NaN), null],
    [
      "a Map with itself as key",
      () => {
        const map = new Map();
        return map.set(map, map);
      },
      null,
    ],
    ["an Error", () => new Error("m"), null],
    ["a TypeError", () => new TypeError("m"), null],
    ["an Error without message", () => new Error(), null],
    ["an Error's cause", () => new Error("m", { cause: { a: [1] } }), "Bun's structured clone drops it"],
    [
      "an Error's own properties",
      () => Object.assign(new RangeError("m"), { code: "E", at: [1] }),
      "structured clone drops them",
    ],
    ["an Error's own name", () => Object.assign(new Error("m"), { name: "Mine" }), "structured clone drops it"],
    ["an AggregateError", () => new AggregateError([new Error("a"), 1], "m"), "structured clone makes it an Error"],
    ["a SuppressedError", () => new SuppressedError(1, 2, "m"), "structured clone makes it an Error"],
    ["a DOMException", () => new DOMException("m", "AbortError"), null],
    ["an ArrayBuffer", () => new Uint8Array([1, 2]).buffer, null],
    ["a resizable ArrayBuffer", () => resizable(8, 16), null],
    ["a view that follows its buffer", () => new Uint16Array(resizable(8, 16), 2), null],
    ["a view of fixed length on such a buffer", () => new Uint16Array(resizable(8, 16), 2, 3), null],
    ["a DataView that follows its buffer", () => new DataView(resizable(8, 16), 3), null],
    ["a Buffer", () => Buffer.from("abc"), "structured clone makes it a Uint8Array"],
    ["a DataView", () => new DataView(new ArrayBuffer(8), 2, 3), null],
    ["a URL", () => new URL("https://a.b/c?d=1#e"), "structured clone throws, or gives {}"],
    ["URLSearchParams", () => new URLSearchParams("a=1&a=2&b"), "structured clone throws, or gives {}"],
    [
      "Headers",
      () =>
        new Headers([
          ["a", "b"],
          ["set-cookie", "c"],
          ["set-cookie", "d"],
        ]),
      "structured clone throws, or gives {}",
    ],
    ["a Temporal date", () => Temporal.PlainDate.from("2020-02-29"), "structured clone throws"],
    ["a Temporal duration", () => Temporal.Duration.from("P1Y2M"), "structured clone throws"],
    [
      "a read-only property",
      () => Object.defineProperty({}, "a", { value: 1, enumerable: true }),
      null, // Both let it be written to.
    ],
    ["arguments", () => args(1, [2]), "structured clone throws in Bun; it is a plain object with indexes"],
    ["a Proxy", () => new Proxy({ a: [1] }, {}), "structured clone throws; it is written as what it shows"],
    [
      "a Proxy of an array",
      () => new Proxy([1, { a: 2 }], {}),
      "structured clone throws; it is written as what it shows",
    ],
  ];

  for (const [name, make, deviation] of table) {
    test(deviation === null ? name : `${name}: ${deviation}`, () => {
      const value = make();
      const back = decode(encode(value));
      const expected = FLAT.includes(name) ? { ...(value as object) } : value;
      expect(difference(expected, back)).toBeNull();
      const theirs = cloned(value);
      const agree = theirs !== "throws" && difference(theirs, back) === null;
      expect(agree).toBe(deviation === null);
      // Twice in one value it is one.
      const [one, two] = ROUND([value, value]) as [unknown, unknown];
      expect(Object.is(one, two)).toBe(true);
    });
  }
});

describe("what is refused, beside structured clone", () => {
  class Unknown {
    x = 1;
  }
  const table: [string, () => unknown, string, string][] = [
    ["a function", () => () => 1, "throws", "code is sent only on demand"],
    ["a function of the engine's", () => Math.max, "throws", "code is sent only on demand"],
    ["a symbol of this process", () => Symbol("s"), "throws", "nothing else is equal to it"],
    ["a Promise", () => Promise.resolve(1), "throws", "its outcome is not known yet"],
    ["a WeakMap", () => new WeakMap(), "throws", "what it holds can't be listed"],
    ["a WeakSet", () => new WeakSet(), "throws", "what it holds can't be listed"],
    ["a WeakRef", () => new WeakRef({}), "throws", "what it holds can't be listed"],
    ["an AbortSignal", () => new AbortController().signal, "throws", "it holds native state"],
    ["an object of a class without a name", () => new Unknown(), "forgets the class", "it would be no object of it"],
    [
      "an object that inherits from another",
      () => Object.create({ a: 1 }),
      "forgets that",
      "it would lose what it inherits",
    ],
    ["a Blob", () => new Blob(["x"]), "shares it", "its bytes take time to read: encodeAsync takes it"],
    ["a File", () => new File(["x"], "n"), "shares it", "its bytes take time to read: encodeAsync takes it"],
    ["a SharedArrayBuffer", () => new SharedArrayBuffer(8), "shares it", "`shared` takes it"],
    ["a detached buffer", detached, "throws", "its bytes are elsewhere"],
    ["a view beyond its buffer", outOfBounds, "throws", "it shows nothing"],
  ];

  for (const [name, make, theirs, why] of table) {
    test(`${name}: ${why}; structured clone ${theirs}`, () => {
      expect(encodeError({ a: [make()] }).path).toBe("$.a[0]");
      expect(cloned(make()) === "throws").toBe(theirs === "throws");
    });
  }
});

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(8);
  buffer.transfer();
  return buffer;
}

function outOfBounds(): Uint8Array {
  const buffer = resizable(8, 16);
  const view = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return view;
}

function args(..._: unknown[]): IArguments {
  // biome-ignore lint/complexity/noArguments: it is what is tested.
  return arguments;
}
