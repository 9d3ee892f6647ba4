import { describe, expect, test } from "bun:test";
import { runInNewContext } from "node:vm";
import {
  decode,
  EncodeError,
  type EncodeOptions,
  encode,
  encodeAsync,
  register,
  unregister,
} from "../../src/codec/index.ts";
import { difference } from "./isomorphic.ts";
import { resizable } from "./values.ts";

const ROUND = <T>(value: T, options?: EncodeOptions): T => decode(encode(value, options)) as T;

function expectRound<T>(value: T): T {
  const back = ROUND(value);
  expect(difference(value, back)).toBeNull();
  return back;
}

const symbol = Symbol.for("plasmid.spec");

describe("errors", () => {
  test("cycles through cause, errors and own properties", () => {
    const error = new Error("a") as Error & { self?: unknown };
    error.self = error;
    const aggregate = new AggregateError([error], "b", { cause: error });
    aggregate.errors.push(aggregate);
    error.cause = aggregate;
    expectRound([error, aggregate, new Map([[error, aggregate]])]);
  });

  test("stacks are kept, or left out on demand", () => {
    const error = new TypeError("m");
    expect(ROUND(error).stack).toBe(error.stack!);
    expect(ROUND(error, { errorStacks: false }).stack).toBe("TypeError: m");
    expect(Buffer.from(encode(error, { errorStacks: false })).includes("types.spec")).toBe(false);
  });

  test("are errors of the engine's, with nothing of the decoder's", () => {
    const back = ROUND(new RangeError("m"));
    expect(Error.isError(back)).toBe(true);
    expect(Object.keys(back)).toEqual([]);
    expect((back as { line?: unknown }).line).toBeUndefined();
  });
});

describe("Temporal", () => {
  const has = "Temporal" in globalThis;
  test.if(has)("each class, exactly", () => {
    const values = [
      Temporal.Instant.from("1969-12-31T23:59:59.000000001Z"),
      Temporal.ZonedDateTime.from("2024-10-27T02:30+01:00[Europe/Paris]"),
      Temporal.ZonedDateTime.from("2024-10-27T02:30+02:00[Europe/Paris][u-ca=hebrew]"),
      Temporal.PlainDate.from("2020-02-29"),
      Temporal.PlainDate.from("-271821-04-19"),
      Temporal.PlainDate.from("2020-02-29").withCalendar("japanese"),
      Temporal.PlainTime.from("23:59:59.999999999"),
      Temporal.PlainDateTime.from("2020-02-29T01:02:03.5"),
      Temporal.PlainYearMonth.from("2020-02"),
      Temporal.PlainMonthDay.from("02-29"),
      Temporal.Duration.from({ milliseconds: 5000, hours: 48 }),
      new Temporal.Duration(-1, 0, 0, -400),
    ];
    const back = expectRound(values);
    for (const [i, value] of values.entries()) expect(String(back[i])).toBe(String(value));
    expect((back[10] as Temporal.Duration).milliseconds).toBe(5000);
  });
});

describe("buffers that grow, and shared ones", () => {
  test("views on one resizable buffer", () => {
    const buffer = resizable(16, 32);
    const value = [new Uint8Array(buffer), new Uint8Array(buffer, 0, 16), new Float64Array(buffer, 8, 1), buffer];
    const back = expectRound(value) as [Uint8Array, Uint8Array, Float64Array, ArrayBuffer];
    back[3].resize(24);
    expect(back.map(one => one.byteLength)).toEqual([24, 16, 8, 24]);
    expect(buffer.byteLength).toBe(16);
  });

  test("of a buffer that is full as well", () => {
    const buffer = resizable(8, 8);
    const [follows, fixed] = ROUND([new Uint8Array(buffer, 1), new Uint8Array(buffer, 1, 7)]) as [
      Uint8Array,
      Uint8Array,
    ];
    (follows.buffer as ArrayBuffer).resize(4);
    expect([follows.length, fixed.length]).toEqual([3, 0]);
  });

  test("what it may grow to is bounded", () => {
    const bytes = encode(Array.from({ length: 5 }, () => new ArrayBuffer(0, { maxByteLength: 2 ** 31 })));
    expect(() => decode(bytes)).toThrow("resizable buffers of more than");
  });

  test("a SharedArrayBuffer stays itself by a table", () => {
    const memory = new SharedArrayBuffer(16);
    const shared: SharedArrayBuffer[] = [];
    const bytes = encode({ memory, view: new Int32Array(memory, 4, 2), again: [memory] }, { shared });
    expect(shared).toEqual([memory]);
    const back = decode(bytes, { shared }) as { memory: unknown; view: Int32Array; again: unknown[] };
    expect(back.memory).toBe(memory);
    expect(back.view.buffer as unknown).toBe(memory);
    expect([back.view.byteOffset, back.view.length]).toEqual([4, 2]);
    expect(back.again[0]).toBe(memory);
    expect(() => decode(bytes)).toThrow("SharedArrayBuffer 0 is not among the 0 given in `shared`");
  });
});

describe("Blobs and Files", () => {
  test("by encodeAsync, shared ones once", async () => {
    const blob = new Blob(["hello"], { type: "text/x" });
    const file = new File([new Uint8Array([1, 2])], "n.bin", { type: "a/b", lastModified: 5 });
    const buffers: Uint8Array[] = [];
    const bytes = await encodeAsync({ blob, list: [file, blob] }, { buffers, bufferThreshold: 1 });
    expect(buffers.length).toBe(2);
    const back = decode(bytes, { buffers }) as { blob: Blob; list: [File, Blob] };
    expect(await back.blob.text()).toBe("hello");
    expect(back.blob.type).toBe(blob.type);
    expect(back.blob).not.toBeInstanceOf(File);
    expect(back.list[1]).toBe(back.blob);
    const [{ name, lastModified, type }] = back.list;
    expect([name, lastModified, type]).toEqual(["n.bin", 5, file.type]);
    expect([...(await back.list[0].bytes())]).toEqual([1, 2]);
  });

  test("made anew each time, by their place", async () => {
    const value = {
      get blobs() {
        return [new Blob(["one"]), new Blob(["two"]), new File(["three"], "3")];
      },
      kept: new Blob(["four"]),
    };
    const back = decode(await encodeAsync(value)) as { blobs: Blob[]; kept: Blob };
    expect(await Promise.all([...back.blobs, back.kept].map(blob => blob.text()))).toEqual([
      "one",
      "two",
      "three",
      "four",
    ]);
  });

  test("by a reduce that makes them", async () => {
    const build = (blob: unknown) => ({ blob });
    register("types.spec.build", build);
    const made = { [Symbol.for("plasmid.reduce")]: () => [build, [new Blob(["t"])]] };
    const back = decode(await encodeAsync([made])) as { blob: Blob }[];
    expect(await back[0]!.blob.text()).toBe("t");
    unregister("types.spec.build");
  });

  test("another one each time is refused with its path", async () => {
    let size = 0;
    const value = {
      kept: new Blob(["kept"]),
      list: [
        {
          get other() {
            return new Blob(["x".repeat(++size)]);
          },
        },
      ],
    };
    const error = await encodeAsync(value).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(EncodeError);
    expect(error).toMatchObject({ path: "$.list[0].other" });
  });

  test("one that can't be read is refused with its path", async () => {
    const file = Bun.file("/nowhere/at/all");
    const error = await encodeAsync({ good: new Blob(["x"]), list: [file] }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(EncodeError);
    expect(error).toMatchObject({ path: "$.list[0]", cause: { code: "ENOENT" } });
  });

  test("without any, encodes as encode does", async () => {
    expect(await encodeAsync([1, new Map([[1, 2]])])).toEqual(encode([1, new Map([[1, 2]])]));
  });
});

describe("around an object", () => {
  test("cycles through named properties, symbol keys and frozen objects", () => {
    const array = Object.assign([1], { self: null as unknown });
    array.self = array;
    const map = Object.assign(new Map<unknown, unknown>(), { [symbol]: array as unknown });
    map.set(map, map);
    const frozen: { all?: unknown } = {};
    frozen.all = [array, map, frozen];
    Object.freeze(frozen);
    expectRound(frozen);
  });

  test("100,000 deep, frozen all the way", () => {
    let value: unknown = 1;
    for (let i = 0; i < 100_000; i++) value = Object.freeze(i % 2 === 0 ? [value] : { value });
    expectRound(value);
  });

  test("hidden, read-only and fixed properties keep their flags", () => {
    const value = { shown: 1 };
    for (let flags = 0; flags < 8; flags++) {
      const [writable, enumerable, configurable] = [1, 2, 4].map(bit => (flags & bit) !== 0);
      Object.defineProperty(value, Symbol.for(`${flags}`), { value: flags, writable, enumerable, configurable });
    }
    expectRound(value);
  });

  test("read-only and fixed members of what is locked, or has anything else around it, stay so", () => {
    const fixed = <T extends object>(object: T): T => {
      Object.defineProperty(object, 0, { value: [1], writable: false, enumerable: true, configurable: true });
      return Object.defineProperty(object, 1, { value: "b", writable: true, enumerable: true, configurable: false });
    };
    const values = [
      Object.preventExtensions(fixed({ after: 1 })),
      Object.seal(fixed({ after: 1 })),
      Object.seal(fixed([1, 2, 3])),
      Object.seal(Object.defineProperty(fixed([1, 2]), "named", { value: 1, enumerable: true })),
      Object.preventExtensions(Object.defineProperty(fixed([1, 2]), "length", { writable: false })),
      Object.assign(fixed(Object.create(null)), { [symbol]: 1 }),
      Object.defineProperty(fixed({}), "hidden", { value: 1 }),
    ];
    for (const value of values) {
      const bytes = encode(value);
      expect(Buffer.from(bytes).toString("latin1").split("named").length).toBeLessThan(3);
      const back = decode(bytes) as object;
      expect(Object.getOwnPropertyDescriptors(back)).toEqual(Object.getOwnPropertyDescriptors(value));
      expect(Reflect.ownKeys(back)).toEqual(Reflect.ownKeys(value));
      expect(Object.isExtensible(back)).toBe(Object.isExtensible(value));
    }
  });

  test("`__proto__` as a hidden property pollutes nothing", () => {
    const value = Object.defineProperty([1], "__proto__", { value: { polluted: true }, configurable: true });
    const back = expectRound(value);
    expect(Object.getPrototypeOf(back)).toBe(Array.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("64 records of a list, one of them with a symbol key", () => {
    const list = Array.from({ length: 200 }, (_, i) => ({ id: i, name: `n${i}` }));
    Object.assign(list[150]!, { [symbol]: 1 });
    Object.freeze(list[170]);
    const dates = Array.from({ length: 200 }, (_, i) => new Date(i));
    Object.assign(dates[199]!, { note: "last" });
    expectRound({ list, dates });
  });

  test("nothing that a message only refers to is changed by it", () => {
    const shared = [new SharedArrayBuffer(1)];
    const hostile = ["c9000000080b96d42f00c000a137a16101", "c9000000090b94d40300c003a0"];
    for (const hex of hostile) expect(() => decode(Uint8Array.fromHex(hex), { shared })).toThrow();
    expect(Object.keys(shared[0]!)).toEqual([]);
    expect(() => decode(Uint8Array.fromHex("c70d7f0192 80 c9000000060b94d40301c003a0".replaceAll(" ", "")))).toThrow();
  });

  test("names that look like a type's own", () => {
    const view = Object.defineProperty(new DataView(new ArrayBuffer(2)), "0", { value: "zero", configurable: true });
    const bytes = Object.defineProperty(new Uint8Array(2), "length", { value: 7, enumerable: true });
    const array = Object.assign([1], { "01": 2, "-1": 3, "4294967295": 4, "1.5": 5 });
    const text = Object.assign(Object("ab"), { "2": "c", "01": 1 });
    const error = Object.assign(new Error(), { message: "shown", line: 3 });
    const back = ROUND([view, bytes, array, text, error]);
    for (const holder of [new Map([[1, 2]]), new Set([1]), new Date(0), new ArrayBuffer(1), /a/]) {
      expectRound(Object.assign(holder, { 0: "zero", 7: "seven" }));
    }
    expect(Reflect.get(back[0] as object, "0")).toBe("zero");
    expect([Object.keys(back[1] as object), (back[1] as Uint8Array).length]).toEqual([["0", "1", "length"], 7]);
    expect(difference([array, text], [back[2], back[3]])).toBeNull();
    expect(Object.getOwnPropertyDescriptor(back[4], "message")?.enumerable).toBe(true);
  });

  test("a path through a symbol key, both ways", () => {
    expect(() => encode([{ [symbol]: [() => 1] }])).toThrow("$[0][Symbol(plasmid.spec)][0]");
    const bytes = encode([{ [symbol]: [true] }]);
    bytes[bytes.lastIndexOf(0xc3)] = 0xc1;
    expect(() => decode(bytes)).toThrow("$[0][Symbol(plasmid.spec)][0]");
  });

  test("what calls itself arguments is not taken for that", () => {
    expectRound({ 0: 1, [Symbol.toStringTag]: "Arguments" });
  });

  test("an object of another context's classes is refused, not changed", () => {
    expect(() => encode(runInNewContext("new Map()"))).toThrow("native state");
  });
});
