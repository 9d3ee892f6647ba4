import { expect, test } from "bun:test";
import {
  FreedError,
  InvalidArgumentError,
  NotPinnedError,
  NotSealedError,
  ObjectLostError,
  ObjectRef,
} from "../../src/index.ts";
import { cleanUpAfterEach, collected, freshStore, sameStore } from "./fresh.ts";

cleanUpAfterEach();

function press(store: ReturnType<typeof freshStore>): void {
  for (let i = 0; i < 3000; i++) store.put("y".repeat(1000));
}

test("a ref keeps its object; without one it is cache", async () => {
  const store = freshStore({ capacity: "1MiB" });
  let ref: ObjectRef<string> | null = store.put("kept");
  const text = ref.toString();
  press(store);
  Bun.gc(true);
  press(store);
  expect(store.peek(ref)).toBe("kept");
  ref = null;
  expect(
    await collected(() => {
      press(store);
      return !store.contains(ObjectRef.parse(text));
    }),
  ).toBe(true);
  expect(() => store.peek(ObjectRef.parse(text))).toThrow(ObjectLostError);
  store.check();
});

test("a container keeps what it contains, and what that contains", () => {
  const store = freshStore({ capacity: "1MiB" });
  const build = () => {
    const leaf = store.put({ leaf: "l".repeat(100) });
    const middle = store.put({ leaf, twice: [leaf, leaf] });
    return store.put(new Map([["middle", middle]]), { name: "root", pin: true });
  };
  build();
  Bun.gc(true);
  press(store);
  const root = store.peek("root") as Map<string, ObjectRef<{ leaf: ObjectRef; twice: ObjectRef[] }>>;
  press(store);
  const middle = store.peek(root.get("middle")!)!;
  expect(store.peek(middle.leaf)).toEqual({ leaf: "l".repeat(100) });
  expect(middle.twice[0]!.equals(middle.leaf)).toBe(true);
  expect(middle.twice[0]).toBe(middle.twice[1]!);
  const info = [...store.objects()].find(({ name }) => name === "root")!;
  expect(info.references).toBe(1);
  expect(info.pins).toBe(1);
  store.check();
});

test("dropping a container lets go of its contents, step by step", async () => {
  const store = freshStore();
  const before = store.stats().objects;
  let refs: ObjectRef[] | null = store.putMany(Array.from({ length: 5000 }, (_, i) => i));
  let root: ObjectRef | null = store.put(refs);
  refs = null;
  expect((store.peek(root) as ObjectRef[]).length).toBe(5000);
  store.free(root);
  root = null;
  expect(
    await collected(() => {
      // Each call does a bounded part of it.
      for (let i = 0; i < 50; i++) store.stats();
      const { objects, evictable } = store.stats();
      return objects - evictable <= before + 1;
    }),
  ).toBe(true);
  store.check();
});

test("free wins over containment", () => {
  const store = freshStore();
  const inner = store.put("inner");
  const outer = store.put([inner]);
  store.free(inner);
  const [again] = store.peek(outer)!;
  expect(() => store.peek(again!)).toThrow(FreedError);
  expect(again!.equals(inner)).toBe(true);
  expect(store.contains(again!)).toBe(false);
  store.check();
});

test("contained refs must be sealed", () => {
  const store = freshStore();
  const draft = store.allocate(Uint8Array, 10);
  expect(() => store.put([draft.ref])).toThrow(NotSealedError);
  expect(() => store.put([draft.ref], { name: "n" })).toThrow("contained ref 0 of 1");
  draft.seal();
  store.put([draft.ref], { name: "n" });
  store.check();
});

test("10,000 refs in one value, twice", () => {
  const store = freshStore({ capacity: "64MiB" });
  const refs = store.putMany(Array.from({ length: 10_000 }, (_, i) => i));
  const list = store.put(refs);
  for (let turn = 0; turn < 2; turn++) {
    const back = store.peek(list)!;
    expect(back.length).toBe(10_000);
    expect(back.every((ref, i) => ref.equals(refs[i]!))).toBe(true);
    for (const i of [0, 1, 15, 16, 4999, 9999]) expect(store.peek(back[i]!)).toBe(i);
  }
  store.check();
});

test("a group of refs keeps its objects until the last one is dropped", async () => {
  const store = freshStore({ capacity: "64MiB" });
  let list: ObjectRef | null = store.put(store.putMany(Array.from({ length: 1000 }, (_, i) => i)));
  let last: ObjectRef | null = (store.peek(list) as ObjectRef[])[999]!;
  store.free(list);
  list = null;
  expect(await collected(() => store.stats().handles <= 16)).toBe(true);
  // In a function of its own: an async function's temporaries live until it ends.
  (() => {
    expect(store.peek(last)).toBe(999);
    last = null;
  })();
  expect(await collected(() => store.stats().handles === 0)).toBe(true);
  store.check();
});

test("pins are counted, durable, and nobody's", () => {
  const store = freshStore({ capacity: "1MiB" });
  const text = (() => {
    const ref = store.put("kept");
    store.pin(ref);
    store.pin(ref);
    return ref.toString();
  })();
  store.close();
  const other = sameStore(store);
  Bun.gc(true);
  press(other);
  const ref = other.parse<string>(text);
  expect(other.peek(ref)).toBe("kept");
  other.unpin(ref);
  other.unpin(ref);
  expect(() => other.unpin(ref)).toThrow(NotPinnedError);
  other.check();
});

test("export pins and is good anywhere; printing never pins", () => {
  const store = freshStore();
  const ref = store.put({ x: 1 });
  const pins = () => [...store.objects()].find(info => info.ref === ref.toString())?.pins;
  Bun.inspect(ref);
  `${ref}`;
  expect(pins()).toBe(0);
  const text = ref.export();
  expect(pins()).toBe(1);
  expect(JSON.parse(JSON.stringify({ ref })).ref).toBe(text);
  expect(pins()).toBe(2);
  const other = sameStore(store);
  const unbound = ObjectRef.parse<{ x: number }>(text);
  expect(other.peek(unbound)).toEqual({ x: 1 });
  expect(unbound.export()).toBe(text);
  expect(pins()).toBe(3);
  expect(other.peek(other.parse<{ x: number }>(text))).toEqual({ x: 1 });
  store.free(ref);
  expect(() => other.parse(text)).toThrow(FreedError);
  expect(() => ref.export()).toThrow(FreedError);
});

test("a parsed ref keeps its object from its first use on", () => {
  const store = freshStore({ capacity: "1MiB" });
  const ref = (() => ObjectRef.parse<string>(store.put("kept").toString()))();
  expect(store.peek(ref)).toBe("kept");
  Bun.gc(true);
  press(store);
  expect(store.peek(ref)).toBe("kept");
});

test("a text whose slot is wrong means no object, least of all the one that is there", () => {
  const store = freshStore();
  const ref = store.put("x");
  store.put("y");
  const text = ref.toString().replace(/@.*/, "@2");
  expect(() => store.peek(ObjectRef.parse(text))).toThrow(ObjectLostError);
  for (const slot of [0, 3, 4_000_000_000]) {
    expect(store.contains(ObjectRef.parse(ref.toString().replace(/@.*/, `@${slot}`)))).toBe(false);
  }
});

test("refs of a closed Store work in another, and keep", () => {
  const store = freshStore({ capacity: "1MiB" });
  const other = sameStore(store);
  const ref = store.put("kept");
  expect(other.peek(ref)).toBe("kept");
  store.close();
  expect(other.peek(ref)).toBe("kept");
  Bun.gc(true);
  press(other);
  expect(other.peek(ref)).toBe("kept");
  other.check();
});

test("what is no ref can't be in a value as one", () => {
  const store = freshStore();
  const fake = { [Symbol.for("plasmid.ref")]: true };
  expect(() => store.put([fake])).toThrow(InvalidArgumentError);
  expect(store.peek(store.put(1))).toBe(1);
});

test("objects() lists them all", () => {
  const store = freshStore();
  const refs = store.putMany(Array.from({ length: 300 }, (_, i) => i));
  const draft = store.allocate(Uint8Array, 1000, { name: "d" });
  const infos = [...store.objects()];
  expect(infos.length).toBe(301);
  expect(new Set(infos.map(({ ref }) => ref))).toEqual(new Set([...refs.map(String), String(draft.ref)]));
  const info = infos.find(({ ref }) => ref === String(draft.ref))!;
  expect(info.state).toBe("created");
  expect(info.bytes).toBeGreaterThanOrEqual(1000);
  expect(info.creator).toBe(process.pid);
  expect(Math.abs(info.made.getTime() - Date.now())).toBeLessThan(5000);
});
