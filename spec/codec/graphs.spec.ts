import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decode, encode } from "../../src/codec/index.ts";
import { graph } from "./arbitraries.ts";
import { expectSame } from "./same.ts";
import { holed } from "./values.ts";

const ROUND = <T>(value: T): T => decode(encode(value)) as T;

const WRAPS: Record<string, (inner: unknown) => unknown> = {
  arrays: inner => [inner],
  objects: inner => ({ a: 1, inner, z: [] }),
  maps: inner => new Map([["k", inner]]),
  "maps by key": inner => new Map([[inner, 1]]),
  sets: inner => new Set([inner]),
  "null-prototype objects": inner => Object.assign(Object.create(null), { inner }),
  "arrays with holes": inner => holed(4, { 1: inner, 2: undefined }),
};

describe("identity", () => {
  test("what is one object stays one, and what is two stays two", () => {
    const one = { a: 1 };
    const twins = [{ a: 1 }, { a: 1 }];
    const back = ROUND([one, one, ...twins]);
    expect(back[0]).toBe(back[1]!);
    expect(back[2]).not.toBe(back[3]!);
  });

  test("of every kind of object", () => {
    const buffer = new ArrayBuffer(4);
    for (const value of [
      [],
      {},
      new Map(),
      new Set(),
      Object.create(null),
      new Date(1),
      new Date(Number.NaN),
      buffer,
    ]) {
      const back = ROUND([value, 1, value]);
      expect(back[0]).toBe(back[2]!);
      expectSame(back, [value, 1, value]);
    }
    for (const value of [new Uint8Array(3), new Float64Array(2), new DataView(buffer), Buffer.from("x")]) {
      expectSame(ROUND([value, value]), [value, value]);
    }
  });

  test("cycles through arrays, objects, Map, Set and null-prototype objects", () => {
    const array: unknown[] = [];
    array.push(array);
    const object: Record<string, unknown> = {};
    object.self = object;
    const map = new Map<unknown, unknown>();
    map.set(map, map);
    const set = new Set<unknown>();
    set.add(set);
    const bare = Object.create(null);
    bare.self = bare;
    for (const value of [array, object, map, set, bare]) expectSame(ROUND(value), value);
    const all: unknown[] = [array, object, map, set, bare];
    all.push(new Map<unknown, unknown>([[all, all]]));
    expectSame(ROUND(all), all);
  });

  test("an array of mostly holes in a cycle", () => {
    const sparse: unknown[] = [];
    sparse.length = 1_000_000;
    sparse[500_000] = sparse;
    expectSame(ROUND(sparse), sparse);
  });

  test("any graph at all", () => {
    fc.assert(
      fc.property(graph, ({ build }) => {
        const value = build();
        expectSame(ROUND(value), value);
        expectSame(value, build());
      }),
      { numRuns: 3000 },
    );
  }, 120_000);

  test("any graph far down, out of band, and in records", () => {
    const wraps = Object.values(WRAPS);
    fc.assert(
      fc.property(graph, ({ build }) => {
        const value = build();
        let deep: unknown = value;
        for (let i = 0; i < 131; i++) deep = wraps[i % wraps.length]!(deep);
        expectSame(ROUND(deep), deep);

        const buffers: Uint8Array[] = [];
        const bytes = encode(value, { buffers, bufferThreshold: 1 });
        expectSame(decode(bytes, { buffers: buffers.map(one => one.slice()) }), value);

        const records = Array.from({ length: 70 }, (_, id) => ({ id, part: value[id % value.length], value }));
        expectSame(ROUND(records), records);
      }),
      { numRuns: 300 },
    );
  }, 120_000);

  test("every number from few to many, at both sides of each limit", () => {
    for (const count of [1, 7, 8, 9, 10, 255, 256, 257, 65_536, 70_000]) {
      const objects: object[] = Array.from({ length: count }, (_, i) => ({ i }));
      const value = [...objects, objects[0], objects[count - 1], objects[count >> 1], {}, objects[0]];
      const back = ROUND(value);
      expect(back[count]).toBe(back[0]);
      expect(back[count + 1]).toBe(back[count - 1]);
      expect(back[count + 2]).toBe(back[count >> 1]);
      expect(back[count + 3]).toEqual({});
      expect(back[count + 4]).toBe(back[0]);
    }
  });

  test("a message that shares nothing says nothing of it", () => {
    expect(encode([{ a: 1 }, { a: 1 }]).toHex()).toBe("9281a1610181a16101");
  });

  test("one message leaves no objects behind for the next", () => {
    const value = Array.from({ length: 20 }, () => ({}));
    const first = encode(value);
    expect(encode(value)).toEqual(first);
    expect(encode([value[0], value[19]])).toEqual(new Uint8Array([0x92, 0x80, 0x80]));
  });
});

describe("depth", () => {
  const LEVELS = 100_000;

  function nest(wrap: (inner: unknown) => unknown, levels = LEVELS): unknown {
    let value: unknown = "core";
    for (let i = 0; i < levels; i++) value = wrap(value);
    return value;
  }

  for (const [name, wrap] of Object.entries(WRAPS)) {
    test(`${LEVELS} nested ${name}`, () => {
      const value = nest(wrap);
      expectSame(ROUND(value), value);
    });
  }

  test("the bytes are those that recursion gives: plain", () => {
    const bytes = encode(nest(inner => [inner]));
    expect(bytes.length).toBe(LEVELS + 5);
    expect(bytes.subarray(0, LEVELS).every(byte => byte === 0x91)).toBe(true);
  });

  test("around the level where the stacks change", () => {
    for (let levels = 120; levels < 136; levels++) {
      for (const wrap of Object.values(WRAPS)) {
        const value = [nest(wrap, levels), nest(wrap, 3)];
        expectSame(ROUND(value), value);
      }
    }
  });

  test("identity and views far down", () => {
    const shared = { buffer: new Float64Array(3), date: new Date(0) };
    const value = nest(inner => [inner, shared, new Map([[shared, shared.buffer]])], 1000);
    expectSame(ROUND(value), value);
  });

  test("a cycle that closes far down", () => {
    const root: unknown[] = [];
    root.push(nest(inner => [inner, root], 1000));
    expectSame(ROUND(root), root);
  });

  test("a foreign map with keys that are no text, far down", () => {
    // {"a": 1, 2: [fixmap{}], [..]: ..}: a text key first, then others, containers among them.
    const message = new Uint8Array([...new Uint8Array(1000).fill(0x91), 0x83, 0xa1, 0x61, 1, 2, 0x91, 3, 0x91, 4, 5]);
    let inner = decode(message) as unknown;
    while (Array.isArray(inner)) inner = inner[0];
    expect([...(inner as Map<unknown, unknown>)]).toEqual([
      ["a", 1],
      [2, [3]],
      [[4], 5],
    ]);
  });
});
