import { describe, expect, test } from "bun:test";
import { type DecodeError, decode, encode } from "../../src/codec/index.ts";
import { decodeError, encodeError } from "./refused.ts";
import { holed } from "./values.ts";

describe("what can't be encoded is refused", () => {
  class Lock {
    held = true;
  }
  function named() {}

  const refused: [string, unknown, string][] = [
    ["a function", () => 1, "code is not data"],
    ["function named", named, "code is not data"],
    ["a class", Lock, "code is not data"],
    ["a symbol", Symbol("s"), "Symbol.for()"],
    ["a symbol as a key", { [Symbol("s")]: 1 }, "Symbol.for()"],
    ["WeakMap", new WeakMap(), "use the strong counterpart"],
    ["WeakSet", new WeakSet(), "use the strong counterpart"],
    ["WeakRef", new WeakRef({}), "use the strong counterpart"],
    ["Promise", Promise.resolve(1), "await it first"],
    ["Lock", new Lock(), "plain object"],
    ["a subclass", new (class Registry extends Map {})(), "plain object"],
    ["a subclass of arrays", new (class Queue extends Array {})(), "plain object"],
    ["an array without prototype", Object.setPrototypeOf([1], null), "plain object"],
    ["a subclass of views", new (class Pixels extends Uint8Array {})(4), "plain object"],
    ["a generator", (function* () {})(), "native state"],
    ["an iterator", [].values(), "native state"],
    ["a Proxy for a class", new Proxy(new Lock(), {}), "plain object"],
    ["no Map", Object.create(Map.prototype), "it has the prototype but is none"],
    ["no Set", Object.create(Set.prototype), "it has the prototype but is none"],
    ["no Date", Object.create(Date.prototype), "it has the prototype but is none"],
    ["no view", Object.create(Float64Array.prototype), "it has the prototype but is none"],
    ["no ArrayBuffer", Object.create(ArrayBuffer.prototype), "it has the prototype but is none"],
    ["SharedArrayBuffer", new SharedArrayBuffer(8), ".slice()"],
    ["a view of one", new Uint8Array(new SharedArrayBuffer(8)), ".slice()"],
    ["a view that its buffer left", outOfBounds(), "has shrunk"],
    ["an heir of an object", Object.create({ a: 1 }), "no class's prototype"],
    ["a Blob", new Blob(["x"]), "encodeAsync()"],
    ["a native function", Math.max, "native code"],
    ["a bound function", named.bind(null), "native code, or bound"],
    ["MessagePort", new MessageChannel().port1, "native state"],
    ["AbortSignal", new AbortController().signal, "native state"],
    ["a formatter", new Intl.NumberFormat(), "native state"],
    ["a finalization registry", new FinalizationRegistry(() => {}), "native state"],
    ["a Proxy around a Map", new Proxy(new Map(), {}), "it has the prototype but is none"],
    ["no Error", Object.create(TypeError.prototype), "it has the prototype but is none"],
    ["no RegExp", Object.create(RegExp.prototype), "it has the prototype but is none"],
    ["no URL", Object.create(URL.prototype), "it has the prototype but is none"],
    ["no boxed number", Object.create(Number.prototype), "it has the prototype but is none"],
    ["a Map without its prototype", Object.setPrototypeOf(new Map(), null), "lost its prototype"],
    ["detached", detached().buffer, "detached"],
    ["a view of a detached one", detached(), "detached"],
    ["a ref", { [Symbol.for("plasmid.ref")]: true }, "give it a store"],
  ];

  for (const [name, value, remedy] of refused) {
    test(`${name}, at any depth, with its path and a remedy`, () => {
      expect(encodeError(value).path).toBe("$");
      expect(encodeError(value).message).toContain(remedy);
      expect(encodeError({ workers: [1, 2, 3, { lock: value }] }).path).toBe("$.workers[3].lock");
      let deep: unknown = { last: value };
      for (let i = 0; i < 1000; i++) deep = i % 2 === 0 ? [deep] : new Set([deep]);
      expect(encodeError(deep).path).toMatch(/^\$(\.values\(\)\[0\]\[0\]){10}…\(961 steps\)….*\[0\]\.last$/);
    });
  }

  test("the message names the path, the type and the remedy", () => {
    expect(encodeError({ workers: [{ lock: new Lock() }] }).message).toBe(
      '$.workers[0].lock: Lock object can\'t be encoded: its class is not known here; register("Lock", Lock) on both sides, ' +
        'registerSerializer(Lock, …), give it a method Symbol.for("plasmid.reduce"), or copy its data to a plain object',
    );
  });

  test("paths through every container", () => {
    const bad = () => 1;
    const sparse: unknown[] = [];
    sparse[200_000] = bad;
    const key = {};
    const cases: [unknown, string][] = [
      [holed(3, { 0: 0, 2: bad }), "$[2]"],
      [{ "odd key": bad }, '$["odd key"]'],
      [{ __proto__: null, a: bad }, "$.a"],
      [new Map([["k", bad]]), '$.get("k")'],
      [new Map([[7, bad]]), "$.get(7)"],
      [new Map([[bad, 7]]), "$.keys()[0]"],
      [
        new Map<unknown, unknown>([
          [1, 1],
          [key, bad],
        ]),
        "$.values()[1]",
      ],
      [new Set([1, bad]), "$.values()[1]"],
      [sparse, "$[200000]"],
      [[{ a: 1 }, new Map([["x", [new Set([{ b: bad }])]]])], '$[1].get("x")[0].values()[0].b'],
    ];
    for (const [value, path] of cases) expect(encodeError(value).path).toBe(path);
  });

  test("the first one in the order of encoding, past shared parts and cycles", () => {
    const ring: Record<string, unknown> = { a: 1 };
    ring.ring = ring;
    expect(encodeError([ring, ring, { x: ring, f: () => 1 }, Symbol("later")]).path).toBe("$[2].f");
  });

  test("a fresh function from each get is found as well", () => {
    expect(
      encodeError({
        a: 1,
        b: {
          get c() {
            return () => 1;
          },
        },
      }).path,
    ).toBe("$.b.c");
  });

  test("a revoked Proxy, by its path", () => {
    const objects = Proxy.revocable({}, {});
    const functions = Proxy.revocable(() => 1, {});
    objects.revoke();
    functions.revoke();
    let deep: unknown = objects.proxy;
    for (let i = 0; i < 1000; i++) deep = [deep];
    for (const proxy of [objects.proxy, functions.proxy]) {
      const error = encodeError({ a: [1, proxy] });
      expect(error.path).toBe("$.a[1]");
      expect(error.message).toContain("a revoked Proxy can't be encoded");
    }
    expect(encodeError(objects.proxy)).toMatchObject({ path: "$", cause: expect.any(TypeError) });
    expect(encodeError(deep).message).toContain("a revoked Proxy can't be encoded");
  });

  test("what a reduce throws becomes the cause, with the path", () => {
    for (const mine of [new TypeError("mine"), new RangeError("mine"), Symbol("mine"), Object.create(null)]) {
      const thrower = {
        [Symbol.for("plasmid.reduce")]() {
          throw mine;
        },
      };
      const error = encodeError({ list: [0, new Map([["k", thrower]])] });
      expect(error.path).toBe('$.list[1].get("k")');
      expect(error.message).toContain("its reduce throws");
      expect(error.cause).toBe(mine);
    }
  });

  test("what a getter throws comes out as it is", () => {
    const mine = new TypeError("mine");
    const value = {
      get a() {
        throw mine;
      },
    };
    for (const one of [
      value,
      [value],
      new Map([[1, value]]),
      Object.create(null, {
        a: {
          get() {
            throw mine;
          },
          enumerable: true,
        },
      }),
    ]) {
      let caught: unknown;
      try {
        encode(one);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(mine);
    }
  });

  test("after a refusal the next message is whole", () => {
    for (let i = 0; i < 3; i++) {
      encodeError([{}, {}, {}, {}, {}, {}, {}, {}, {}, new Uint8Array(9), () => 1]);
      expect(encode([{ a: 1 }, [2]]).toHex()).toBe("9281a161019102");
    }
  });
});

describe("what is no message is refused, with offset and path", () => {
  const cases: [string, number, string, string][] = [
    ["", 0, "$", "cut off"],
    ["c1", 0, "$", "never uses"],
    ["0102", 1, "$", "behind the end"],
    ["81a161", 3, "$.a", "cut off"],
    ["82a16101a16292c0c1", 8, "$.b[1]", "never uses"],
    ["93010203ff", 4, "$", "behind the end"],
    ["dc000501", 2, "$", "5 elements are more"],
    ["ddffffffff01", 4, "$", "4294967295 elements"],
    ["df80000000", 4, "$", "4294967296 elements"],
    ["91a5616263", 2, "$[0]", "cut off"],
    ["c6ffffffff00", 5, "$", "cut off"],
    ["92c0a2ff61", 3, "$[1]", "not UTF-8"],
    ["91d40002", 3, "$[0]", "unknown constant 2"],
    ["d40001", 2, "$", "a hole outside of an array"],
    ["81a161d40001", 5, "$.a", "a hole outside of an array"],
    ["d40300", 2, "$", "does not announce any"],
    ["91d40400", 3, "$[0]", "reference 0 is not among the 0 given"],
    ["92c0d44200", 2, "$[1]", "unknown extension type 66"],
    ["d480 00", 0, "$", "unknown extension type -128"],
    ["c7037f02c0c0", 3, "$", "format version 2"],
    ["c7097f01c0", 0, "$", "a graph of 9 bytes"],
    ["91c7027f01c0", 1, "$[0]", "a graph inside of a message"],
    ["c7057f0191d40305", 7, "$[0]", "refers to object 5, but only 1 came before"],
    ["c7087f01c70518000000", 0, "$", ""],
    ["d7ffffffffffffffffff", 2, "$", "nanoseconds"],
    ["c70cff000000007fffffffffffffff", 3, "$", "beyond what a Date can hold"],
    ["d5ff0000", 2, "$", "a timestamp has 4, 8 or 12 bytes"],
    ["c70014", 3, "$", "a view without its kind"],
    ["d41463", 2, "$", "unknown kind of view 99"],
    ["d514 0900", 2, "$", "no whole number of elements"],
    ["c7041501 8101", 0, "$", ""],
    ["c70215 9101", 3, "$", "extension type 21 holds a map"],
    ["c70216 8101", 3, "$", "extension type 22 holds an array"],
    ["c70316 910102", 0, "$", "contents end elsewhere"],
    ["c7051581a16bc101", 6, '$.get("k")', "never uses"],
    ["c7031581c1ff", 4, "$.keys()[0]", "never uses"],
    ["c7031692 01c1", 5, "$.values()[1]", "never uses"],
    ["c703178101 02", 3, "$", "the parts of extension type 23"],
    ["c7051782a16101c1", 7, "$", "never uses"],
  ];

  for (const [hex, offset, path, message] of cases) {
    test(`${hex === "" ? "nothing" : hex}: ${message}`, () => {
      const error = decodeError(hex);
      expect(error.message).toContain(message);
      if (message !== "") expect([error.offset, error.path]).toEqual([offset, path]);
      expect(error.message).toContain(`byte ${error.offset}, at ${error.path}`);
    });
  }

  test("the offset counts from the start of the message, not of its memory", () => {
    const memory = Uint8Array.fromHex("ffffff91c1ff");
    try {
      decode(memory.subarray(3, 5));
      expect.unreachable();
    } catch (error) {
      expect((error as DecodeError).offset).toBe(1);
    }
  });

  test("a path far down", () => {
    const bytes = new Uint8Array(5001).fill(0x91);
    bytes[5000] = 0xc1;
    const error = decodeError(bytes.toHex());
    expect(error.offset).toBe(5000);
    expect(error.path).toMatch(/^\$(\[0\])+…\(\d+ steps\)…(\[0\])+$/);
  });
});

function detached(): Uint8Array {
  const view = new Uint8Array(8);
  view.buffer.transfer();
  return view;
}

function outOfBounds(): Uint8Array {
  const buffer = new ArrayBuffer(8, { maxByteLength: 8 });
  const view = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return view;
}
