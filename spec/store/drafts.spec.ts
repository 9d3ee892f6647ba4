import { expect, test } from "bun:test";
import { closeSync, openSync, read } from "node:fs";
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import {
  AlreadySealedError,
  DraftBusyError,
  InvalidArgumentError,
  NameTakenError,
  NotDraftError,
  ObjectLostError,
  register,
  type ViewConstructor,
} from "../../src/index.ts";
import { cleanUpAfterEach, collected, freshStore } from "./fresh.ts";

cleanUpAfterEach();

const TYPES = [
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
] as unknown as ViewConstructor[];

test("every type, built in place at every size", () => {
  const store = freshStore();
  for (const type of TYPES) {
    for (const length of [0, 1, 7, 4096, 20_000]) {
      const draft = store.allocate(type, length);
      expect(draft.view).toBeInstanceOf(type);
      expect(draft.view.length).toBe(length);
      expect(draft.view.every(element => Number(element) === 0)).toBe(true);
      const five = (draft.view instanceof BigInt64Array || draft.view instanceof BigUint64Array ? 5n : 5) as never;
      draft.view.fill(five);
      const ref = draft.seal();
      const back = store.peek(ref)!;
      expect(back).toBeInstanceOf(type);
      expect(back.length).toBe(length);
      expect(back.every(element => Number(element) === 5)).toBe(true);
    }
  }
  store.check();
});

test("of a class between others: what a serializer knows is no plain array", () => {
  class Frame extends Float64Array {}
  register("spec-frame", Frame as unknown as new () => object);
  const store = freshStore();
  for (const type of [Float64Array, Frame, Float64Array, Buffer, Uint8Array] as unknown as ViewConstructor[]) {
    const draft = store.allocate(type, 24);
    expect(store.peek(draft.seal())).toBeInstanceOf(type);
  }
  store.check();
});

test("sealed once: the view is detached, the object readable", async () => {
  const store = freshStore();
  using draft = store.allocateUnsafe(Float32Array, 100_000, { name: "frame/17" });
  const { view } = draft;
  view.fill(1);
  const pending = store.get("frame/17") as Promise<Float32Array>;
  const byRef = store.get(draft.ref);
  const frame = draft.seal();
  expect(view.length).toBe(0);
  expect(draft.view.length).toBe(0);
  expect(draft.sealed).toBe(true);
  expect(draft.ref).toBe(frame);
  expect((await pending)[99_999]).toBe(1);
  expect((await byRef)[0]).toBe(1);
  expect(() => draft.seal()).toThrow(AlreadySealedError);
  expect(() => draft.abort()).toThrow(AlreadySealedError);
  store.check();
});

test("a draft left unsealed by its block is aborted", async () => {
  const store = freshStore();
  const before = store.stats().used;
  let view: Uint8Array;
  let waiting: Promise<unknown>;
  {
    using draft = store.allocate(Uint8Array, 1_000_000, { name: "n" });
    view = draft.view;
    waiting = store.get(draft.ref);
    waiting.catch(() => {});
  }
  expect(view.length).toBe(0);
  expect(waiting).rejects.toThrow(ObjectLostError);
  expect(store.stats().used).toBe(before);
  store.check();
});

test("abort, then nothing more", () => {
  const store = freshStore();
  const draft = store.allocate(Uint8Array, 10);
  draft.abort();
  draft.abort();
  expect(() => draft.seal()).toThrow(NotDraftError);
  expect(() => draft.ref).toThrow();
  store.check();
});

test("a draft that nobody sealed or kept is aborted by the collector", async () => {
  const store = freshStore();
  const before = store.stats().used;
  for (let i = 0; i < 20; i++) store.allocateUnsafe(Uint8Array, 100_000);
  expect(store.stats().used).toBeGreaterThan(before);
  expect(await collected(() => store.stats().used === before)).toBe(true);
  store.check();
});

test("a draft of nothing is aborted by the collector, too", async () => {
  const store = freshStore();
  const forget = (name: string) => void store.allocate(Float64Array, 0, { name });
  for (let i = 0; i < 20; i++) forget(`n${i}`);
  const free = () => store.holders().every(row => row.draftCount === 0);
  expect(await collected(free)).toBe(true);
  store.put(1, { name: "n0" });
  const kept = store.allocate(Float64Array, 0, { name: "kept" });
  await collected(() => false, 3);
  expect(store.peek(kept.seal())!.length).toBe(0);
});

test("a moved buffer: busy, and still a draft", () => {
  const store = freshStore();
  const draft = store.allocate(Uint8Array, 100_000);
  const moved = draft.view.buffer.transfer();
  expect(() => draft.seal()).toThrow(DraftBusyError);
  expect(() => draft.abort()).toThrow(DraftBusyError);
  new Uint8Array(moved).fill(5);
  expect(draft.sealed).toBe(false);
  expect(store.contains(draft.ref)).toBe(false);
  store.check();
});

test("a file being read into the view: busy until it is done", async () => {
  const store = freshStore();
  const draft = store.allocate(Uint8Array, 4_000_000);
  const file = openSync("/dev/zero", "r");
  draft.view.fill(9);
  const reading = promisify(read)(file, draft.view, 0, draft.view.length, 0);
  expect(() => draft.seal()).toThrow(DraftBusyError);
  expect(draft.view.length).toBe(4_000_000);
  await reading;
  closeSync(file);
  const back = store.peek(draft.seal())!;
  expect(back.every(byte => byte === 0)).toBe(true);
});

test("disposed while zlib reads it: the draft goes when the view does", async () => {
  const store = freshStore();
  const before = store.stats().used;
  const compress = promisify(deflate);
  let compressed: Promise<Buffer>;
  {
    using draft = store.allocate(Uint8Array, 2_000_000);
    compressed = compress(draft.view);
  }
  expect(store.stats().used).toBeGreaterThan(before);
  expect((await compressed).length).toBeLessThan(10_000);
  expect(await collected(() => store.stats().used === before)).toBe(true);
  store.check();
});

test("what can't be allocated", () => {
  const store = freshStore();
  for (const length of [-1, 1.5, Number.NaN, 2 ** 33]) {
    expect(() => store.allocate(Uint8Array, length)).toThrow(InvalidArgumentError);
  }
  expect(() => store.allocate(Array as unknown as typeof Uint8Array, 5)).toThrow(InvalidArgumentError);
});

test("closing the store aborts its drafts", () => {
  const store = freshStore();
  const other = freshStore({ capacity: undefined, mustExist: true }, store.name);
  const before = other.stats().used;
  const draft = store.allocate(Uint8Array, 1_000_000);
  store.close();
  expect(draft.view.length).toBe(0);
  expect(other.stats().used).toBe(before);
  expect(() => draft.seal()).toThrow(NotDraftError);
  other.check();
});

test("a draft whose seal failed goes on without its view, and ends when it is dropped", async () => {
  const store = freshStore();
  const failed = (name = "wanted") => {
    const draft = store.allocateUnsafe(Uint8Array, 100_000, { name, replace: true });
    draft.view.fill(7);
    const other = store.allocateUnsafe(Uint8Array, 10, { name });
    expect(() => draft.seal()).toThrow(NameTakenError);
    expect(draft.view.length).toBe(0);
    return { draft, other };
  };
  const { draft, other } = failed();
  await collected(() => false, 3);
  expect(() => draft.seal()).toThrow(NameTakenError);
  other.abort();
  const ref = draft.seal();
  expect(store.peek(ref)).toEqual(new Uint8Array(100_000).fill(7));
  store.free(ref);

  const before = store.stats().used;
  for (let i = 0; i < 10; i++) failed(`dropped/${i}`).other.abort();
  expect(store.stats().used).toBeGreaterThan(before + 900_000);
  // The collector may take the last one for in use: something on the stack may look like it.
  expect(await collected(() => store.stats().used <= before + 110_000)).toBe(true);
  store.check();
});
