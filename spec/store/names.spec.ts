import { expect, test } from "bun:test";
import { BadNameError, FreedError, NameTakenError, ObjectNotFoundError } from "../../src/index.ts";
import { cleanUpAfterEach, freshStore, sameStore } from "./fresh.ts";

cleanUpAfterEach();

test("a name is bound once, rebound by replace, unbound by free", () => {
  const store = freshStore();
  const one = store.put(1, { name: "n" });
  expect(() => store.put(2, { name: "n" })).toThrow(NameTakenError);
  expect(() => store.put(2, { name: "n" })).toThrow('"n"');
  const two = store.put(2, { name: "n", replace: true });
  expect(store.peek("n")).toBe(2);
  // A ref never comes to mean another object.
  expect(store.peek(one)).toBe(1);
  store.free(one);
  expect(store.peek("n")).toBe(2);
  store.free("n");
  expect(store.peek("n")).toBeUndefined();
  expect(() => store.peek(two)).toThrow(FreedError);
  store.put(3, { name: "n" });
  expect(store.peek("n")).toBe(3);
  store.check();
});

test("find gives a ref that keeps what the name is bound to now", () => {
  const store = freshStore();
  expect(store.find("n")).toBeUndefined();
  store.put(1, { name: "n" });
  const ref = store.find<number>("n")!;
  store.put(2, { name: "n", replace: true });
  expect(store.peek(ref)).toBe(1);
  expect(store.peek("n")).toBe(2);
});

test("a draft's name is bound at its seal", () => {
  const store = freshStore();
  const draft = store.allocate(Uint8Array, 10, { name: "n" });
  expect(store.peek("n")).toBeUndefined();
  expect(store.contains("n")).toBe(false);
  draft.seal();
  expect(store.peek("n")).toEqual(new Uint8Array(10));
});

test("a draft's name is reserved; one that would replace it waits for its end", () => {
  const store = freshStore();
  const one = store.allocate(Uint8Array, 10, { name: "n" });
  expect(() => store.allocate(Uint8Array, 10, { name: "n" })).toThrow(NameTakenError);
  expect(() => store.put(1, { name: "n" })).toThrow(NameTakenError);
  const two = store.allocate(Uint8Array, 100_000, { name: "n", replace: true });
  const { view } = two;
  expect(() => two.seal()).toThrow(NameTakenError);
  expect(two.sealed).toBe(false);
  expect(view.length).toBe(0);
  one.abort();
  two.seal();
  expect((store.peek("n") as Uint8Array).length).toBe(100_000);
  store.put(2, { name: "n", replace: true });
  expect(store.peek("n")).toBe(2);
  store.check();
});

test("pin, unpin and lease by a name that is not there", () => {
  const store = freshStore();
  expect(() => store.pin("n")).toThrow(ObjectNotFoundError);
  expect(() => store.unpin("n")).toThrow(ObjectNotFoundError);
  expect(() => store.lease("n")).toThrow(ObjectNotFoundError);
});

test("a bad name is refused by every call that takes one", () => {
  const store = freshStore();
  const calls: ((name: string) => unknown)[] = [
    name => store.put(1, { name }),
    name => store.putMany([1], { names: [name] }),
    name => store.allocate(Uint8Array, 1, { name }),
    name => store.peek(name),
    name => store.getSync(name),
    name => store.lease(name),
    name => store.find(name),
    name => store.contains(name),
    name => store.free(name),
    name => store.pin(name),
  ];
  for (const call of calls) for (const name of ["", "/a", "a/../b"]) expect(() => call(name)).toThrow(BadNameError);
  expect(store.get("")).rejects.toThrow(BadNameError);
  expect(store.wait([""])).rejects.toThrow(BadNameError);
});

test("names of every length, in another Store too", () => {
  const store = freshStore();
  const other = sameStore(store);
  for (const length of [1, 7, 8, 63, 64, 65, 511, 512]) {
    store.put(length, { name: "n".repeat(length) });
    expect(other.peek("n".repeat(length))).toBe(length);
  }
  for (const name of ["ä/漢字/😀", "a\0b", "a b"]) {
    store.put(name, { name });
    expect(other.peek(name)).toBe(name);
  }
  expect([...other.objects()].map(({ name }) => name)).toContain("ä/漢字/😀");
  store.check();
});

test("a name keeps nothing alive, a pin does", () => {
  const store = freshStore({ capacity: "1MiB" });
  store.put("x".repeat(1000), { name: "cache" });
  store.put("x".repeat(1000), { name: "kept", pin: true });
  Bun.gc(true);
  for (let i = 0; i < 3000; i++) store.put("y".repeat(1000));
  expect(store.contains("cache")).toBe(false);
  expect(store.peek("kept")).toBe("x".repeat(1000));
  store.check();
});
