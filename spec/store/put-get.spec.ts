import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  FreedError,
  InvalidArgumentError,
  ObjectLostError,
  type ObjectRef,
  StoreClosedError,
} from "../../src/index.ts";
import { cleanUpAfterEach, freshStore, sameStore } from "./fresh.ts";

cleanUpAfterEach();

const values: [string, unknown][] = [
  ["a number", 0],
  ["text", "0123456789"],
  ["undefined", undefined],
  ["null", null],
  ["a bigint", 2n ** 100n],
  ["an object", { a: 1, b: [1, 2, { c: "x" }], d: new Date(5) }],
  ["a Map and a Set", { map: new Map([[1, "a"]]), set: new Set([1, 2]) }],
  ["small arrays", { f: new Float64Array([1, 2, 3]), u: new Uint8Array(10), none: new Int16Array(0) }],
  ["a large array", Float64Array.from({ length: 200_000 }, (_, i) => i)],
  ["two large arrays", [new Uint8Array(40_000).fill(1), { deep: new Int32Array(20_000).fill(-5) }]],
  ["a large text", "äbc".repeat(50_000)],
  ["an array of 60 KB and nothing else", new Uint8Array(60_000).fill(7)],
  ["many small things", Array.from({ length: 20_000 }, (_, i) => ({ i, text: `row ${i}` }))],
];

for (const [what, value] of values) {
  test(`${what}: as it was, by every way to get it`, async () => {
    const store = freshStore();
    const ref = store.put(value);
    const named = store.put(value, { name: "it" });
    expect(store.peek(ref)).toEqual(value);
    expect(await store.get(ref)).toEqual(value);
    expect(store.getSync(ref)).toEqual(value);
    expect(store.peek("it")).toEqual(value);
    expect(await store.get("it")).toEqual(value);
    expect(store.getSync("it", { timeoutMs: 0 })).toEqual(value);
    expect(await store.get([ref, "it", named])).toEqual([value, value, value]);
    expect(store.getSync([named, ref])).toEqual([value, value]);
    {
      using lease = store.lease(ref);
      expect(lease.value).toEqual(value);
    }
    expect(store.peek(store.putMany([1, value])[1]!)).toEqual(value);
    expect(await store.get(await store.putAsync(value))).toEqual(value);
    const other = sameStore(store);
    expect(other.peek(ref)).toEqual(value);
    store.check();
  });
}

test("whatever can be encoded comes back", () => {
  const store = freshStore();
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
  });
  fc.assert(
    fc.property(anything, value => {
      const clone = structuredClone(value);
      // Bun takes two invalid dates, or two arrays with NaN in them, for different.
      fc.pre(Bun.deepEquals(clone, structuredClone(value)));
      expect(store.peek(store.put(value))).toEqual(clone);
    }),
    { numRuns: 300 },
  );
});

test("each get decodes anew, over the same bytes", () => {
  const store = freshStore();
  const ref = store.put({ list: [1], data: new Float64Array(100_000) });
  const one = store.peek(ref)!;
  const two = store.peek(ref)!;
  one.list.push(2);
  expect(two.list).toEqual([1]);
  expect(one.data === two.data).toBe(false);
  expect(one.data.buffer === two.data.buffer).toBe(true);
  const small = store.put({ data: new Float64Array(10) });
  const mine = store.peek(small)!;
  mine.data[0] = 5;
  expect(store.peek(small)!.data[0]).toBe(0);
});

test("a get whose buffer was moved away takes another", () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(100_000).fill(3));
  const one = store.peek(ref)!;
  const moved = (one.buffer as ArrayBuffer).transfer();
  expect(one.length).toBe(0);
  expect(store.peek(ref)!.length).toBe(100_000);
  expect(new Uint8Array(moved)[99_999]).toBe(3);
});

const huge = process.env.PLASMID_SPEC_HUGE !== undefined;

test.skipIf(!huge)(
  "an object of more than 4 GiB (PLASMID_SPEC_HUGE)",
  () => {
    const store = freshStore({ capacity: "6GiB" });
    const half = new Float64Array(5 * 2 ** 26);
    const other = half.slice();
    half[half.length - 1] = 1;
    other[other.length - 1] = 2;
    const back = store.peek(store.put({ half, other }))!;
    expect([back.half.at(-1), back.other.at(-1)]).toEqual([1, 2]);
    expect(store.stats().used).toBeGreaterThan(2 ** 32);
    store.check();
  },
  120_000,
);

test("putMany: all in order, or none", () => {
  const store = freshStore();
  const refs = store.putMany(
    Array.from({ length: 1000 }, (_, i) => ({ i })),
    { names: ["first"] },
  );
  expect(refs.map(ref => store.peek(ref)!.i)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect(store.peek("first")).toEqual({ i: 0 });
  const before = store.stats().objects;
  expect(() => store.putMany([1, 2, 3], { names: [undefined, "first"] })).toThrow('"first"');
  expect(store.stats().objects).toBe(before);
  expect(store.putMany([])).toEqual([]);
  store.check();
});

test("a list of many sizes in one get", async () => {
  const store = freshStore();
  const all = Array.from({ length: 500 }, (_, i) => (i % 50 === 7 ? new Float64Array(10_000).fill(i) : "x".repeat(i)));
  const refs = all.map(value => store.put<unknown>(value));
  expect(await store.get(refs)).toEqual(all);
  expect(await store.get([])).toEqual([]);
});

test("the ladder of sizes around every threshold", () => {
  const store = freshStore({ capacity: "64MiB" });
  for (const edge of [64, 512, 4096, 32_768, 65_536]) {
    for (let bytes = edge - 40; bytes <= edge + 40; bytes += 1) {
      const value = Buffer.alloc(bytes, bytes % 251);
      const back = store.peek(store.put(new Uint8Array(value)))!;
      if (!value.equals(back)) throw new Error(`${bytes} bytes differ`);
      const text = "t".repeat(bytes);
      if (store.peek(store.put(text)) !== text) throw new Error(`text of ${bytes} differs`);
      const draft = store.allocateUnsafe(Uint8Array, bytes);
      draft.view.set(value);
      if (!value.equals(store.peek(draft.seal())!)) throw new Error(`draft of ${bytes} bytes differs`);
    }
  }
  store.check();
});

test("getters and hooks may use the store while a value is encoded", () => {
  const store = freshStore();
  const inner: ObjectRef[] = [];
  const value = {
    before: "x".repeat(100),
    get sneaky() {
      inner.push(store.put({ inside: "y".repeat(200) }));
      return store.peek(inner[0]!);
    },
    after: [1, 2, 3],
  };
  const back = store.peek(store.put(value)) as unknown as Record<string, unknown>;
  expect(back).toEqual({ before: "x".repeat(100), sneaky: { inside: "y".repeat(200) }, after: [1, 2, 3] });
  expect(store.peek(inner[0]!)).toEqual({ inside: "y".repeat(200) });
});

test("a store closed in the middle of its own put takes nothing of another's", () => {
  const keep = freshStore();
  const store = sameStore(keep);
  store.put(1);
  const nested = {
    get first() {
      const closing = {
        get second() {
          store.close();
          return 1;
        },
      };
      expect(() => store.put(closing)).toThrow(StoreClosedError);
      return "z".repeat(1000);
    },
  };
  expect(() => store.put(nested)).toThrow(StoreClosedError);
  const others = [sameStore(keep), sameStore(keep), sameStore(keep)];
  const refs = others.map((other, i) => other.put({ i, text: "y".repeat(i) }));
  expect(others.map((other, i) => other.peek(refs[2 - i]!))).toEqual([
    { i: 2, text: "yy" },
    { i: 1, text: "y" },
    { i: 0, text: "" },
  ]);
});

test("a value that can't be encoded leaves nothing behind", () => {
  const store = freshStore();
  const before = store.stats();
  expect(() => store.put({ a: { b: Promise.resolve() } })).toThrow("$.a.b");
  expect(() => store.put(new WeakMap(), { name: "w" })).toThrow();
  expect(store.stats().objects).toBe(before.objects);
  expect(store.contains("w")).toBe(false);
  expect(store.peek(store.put(1))).toBe(1);
});

test("free: gone at once, whoever holds it", async () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(100_000).fill(1), { name: "n", pin: true });
  const view = store.peek(ref)!;
  expect(store.free(ref)).toBe(true);
  expect(() => store.peek(ref)).toThrow(FreedError);
  expect(() => store.lease(ref)).toThrow(FreedError);
  expect(store.get(ref)).rejects.toThrow(FreedError);
  expect(() => store.getSync(ref)).toThrow(FreedError);
  expect(store.contains(ref)).toBe(false);
  expect(store.peek("n")).toBeUndefined();
  expect(store.contains("n")).toBe(false);
  expect(store.free(ref)).toBe(false);
  expect(store.free("n")).toBe(false);
  expect(view[99_999]).toBe(1);
  store.check();
});

test("a ref of another store is lost here", () => {
  const store = freshStore();
  const stranger = freshStore().put(1);
  expect(() => store.peek(stranger)).toThrow(ObjectLostError);
  expect(() => store.put([stranger])).toThrow(ObjectLostError);
  expect(store.contains(stranger)).toBe(false);
});

test("what is no target", async () => {
  const store = freshStore();
  for (const bad of [undefined, null, 5, {}, Symbol("x")]) {
    expect(() => store.peek(bad as unknown as string)).toThrow(InvalidArgumentError);
    expect(store.get(bad as unknown as string)).rejects.toThrow(InvalidArgumentError);
    expect(() => store.free(bad as unknown as string)).toThrow(InvalidArgumentError);
  }
});

test("closed is closed", async () => {
  const store = freshStore();
  const ref = store.put(1);
  store.close();
  store.close();
  expect(store.closed).toBe(true);
  const calls: (() => unknown)[] = [
    () => store.put(1),
    () => store.putMany([1]),
    () => store.put(1, { name: "x" }),
    () => store.peek(ref),
    () => store.peek("x"),
    () => store.getSync(ref),
    () => store.lease(ref),
    () => store.allocate(Uint8Array, 5),
    () => store.pin(ref),
    () => store.free(ref),
    () => store.contains(ref),
    () => store.contains("x"),
    () => [...store.objects()],
    () => store.stats(),
    () => store.check(),
    () => store.trim(),
    () => store.holders(),
    () => store.holders(ref),
    () => store.usage(),
    () => store.subscribe(),
  ];
  for (const call of calls) expect(call).toThrow(StoreClosedError);
  expect(store.get(ref)).rejects.toThrow(StoreClosedError);
  expect(store.putAsync(1)).rejects.toThrow(StoreClosedError);
  expect(store.wait([ref])).rejects.toThrow(StoreClosedError);
});
