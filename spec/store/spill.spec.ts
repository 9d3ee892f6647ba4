import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import {
  InvalidArgumentError,
  ObjectLostError,
  type ObjectRef,
  type OpenOptions,
  SpillError,
  SpillOptionsError,
  Store,
  StoreFullError,
} from "../../src/index.ts";
import { cleanUpAfterEach, collected, directory, freshName, freshStore, sameStore } from "./fresh.ts";
import { startProcess } from "./process.ts";
import { filesIn, removeFoldersAfterEach, spillFolder } from "./spill-folder.ts";

cleanUpAfterEach();

removeFoldersAfterEach();

function spilling(options: OpenOptions = {}, name = freshName()): Store {
  return freshStore({ capacity: "4MiB", spill: spillFolder(), ...options }, name);
}

const WORDS = 20_000;

function numbers(seed: number): Float64Array {
  return Float64Array.from({ length: WORDS }, (_, i) => seed * 1e6 + i);
}

// Three times the capacity.
const COUNT = Math.ceil((3 * 4 * 2 ** 20) / (WORDS * 8));

test("a working set of three times the capacity comes back word for word", async () => {
  const store = spilling();
  const refs = Array.from({ length: COUNT }, (_, i) => store.put(numbers(i), { name: `n/${i}` }));
  expect(store.stats().spilled).toBeGreaterThan(COUNT / 2);
  for (let turn = 0; turn < 2; turn++) {
    for (let i = 0; i < COUNT; i++) {
      expect(await store.get(refs[i]!)).toEqual(numbers(i));
      expect(store.getSync<Float64Array>(`n/${(i * 7) % COUNT}`)).toEqual(numbers((i * 7) % COUNT));
      Bun.gc(true);
    }
  }
  store.check();
  const { restoredTotal, spilledTotal, diskBytes, spilledBytes } = store.stats();
  expect(restoredTotal).toBeGreaterThan(COUNT);
  expect(spilledTotal).toBeGreaterThan(COUNT);
  // What never changes is written once.
  expect(diskBytes).toBeLessThan(4 * 4 * 2 ** 20);
  expect(spilledBytes).toBeLessThanOrEqual(diskBytes);
}, 60_000);

test("what is spilled is still there for every way of asking", async () => {
  const store = spilling();
  const refs = Array.from({ length: COUNT }, (_, i) => store.put(numbers(i)));
  const [first] = refs as [ObjectRef<Float64Array>];
  const spilled = () => [...store.objects()].find(each => each.ref === first.toString())!.state;
  const push = () => {
    for (const ref of refs.slice(1)) {
      store.getSync(ref);
      Bun.gc(true);
    }
    // The collector may see a view where there is none any more: then it is in use, and stays.
    const used = store.holders(first).some(({ kind }) => kind === "lease");
    expect(spilled()).toBe(used ? "sealed" : "spilled");
  };
  expect(spilled()).toBe("spilled");
  expect(store.contains(first)).toBe(true);
  expect((await store.wait([first], { timeoutMs: 0 })).ready).toEqual([first]);
  store.pin(first);
  store.unpin(first);
  expect(spilled()).toBe("spilled");
  expect(store.peek(first)).toEqual(numbers(0));
  expect(spilled()).toBe("sealed");
  push();
  {
    using lease = store.lease(first);
    expect(lease.value).toEqual(numbers(0));
  }
  push();
  expect((await store.get([first, refs[1]!]))[0]).toEqual(numbers(0));
  push();
  expect(store.free(first)).toBe(true);
  expect(store.contains(first)).toBe(false);
  store.check();
});

test("containers come back with what they contain; small values too", () => {
  const store = spilling({ capacity: "1MiB" });
  const leaves = Array.from({ length: 400 }, (_, i) => store.put({ i, text: "x".repeat(3000) }));
  const root = store.put({ leaves, all: numbers(7).subarray(0, 6000) });
  leaves.length = 0;
  for (let i = 0; i < 300; i++) store.put({ i, text: "y".repeat(4000) }, { pin: true });
  Bun.gc(true);
  expect(store.stats().spilled).toBeGreaterThan(300);
  const got = store.getSync(root) as { leaves: ObjectRef<{ i: number; text: string }>[] };
  expect(got.leaves.map(leaf => store.getSync(leaf).i)).toEqual(Array.from({ length: 400 }, (_, i) => i));
  store.check();
});

test("objects are spread over several folders, and gone with the store", () => {
  const two = [spillFolder(), spillFolder()];
  const store = spilling({ spill: { folders: two, fileBytes: "1MiB" } });
  const refs = Array.from({ length: COUNT }, (_, i) => store.put(numbers(i)));
  for (const each of two) expect(filesIn(each).length).toBeGreaterThan(2);
  for (const file of filesIn(...two)) expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(store.getSync(refs[0]!)).toEqual(numbers(0));
  store.close();
  Store.destroy(store.name, { directory });
  expect(two.flatMap(each => readdirSync(each))).toEqual([]);
});

test("a limit is kept, and said", () => {
  const store = spilling({ spill: { folders: spillFolder(), limit: "2MiB", fileBytes: "512KiB" }, fullTimeoutMs: 10 });
  const refs: ObjectRef<Float64Array>[] = [];
  let full: unknown;
  try {
    for (;;) refs.push(store.put(numbers(refs.length)));
  } catch (error) {
    full = error;
  }
  expect(full).toBeInstanceOf(StoreFullError);
  expect((full as Error).message).toContain("limit on disk use");
  expect(store.stats().diskBytes).toBeLessThanOrEqual(2 * 2 ** 20);
  for (const [i, ref] of refs.entries()) expect(store.contains(ref), String(i)).toBe(true);
  store.check();
});

/** Puts, kept by names, until there is no room: how many. `to` is what each refers to. */
function fill(store: Store, from: number, to: ObjectRef<unknown>): number {
  for (let i = from; ; i++) {
    try {
      const small = i % 3 === 0;
      store.put(small ? { i, to, text: "x".repeat(3000) } : [i, numbers(i)], { name: `f/${i}`, pin: true });
    } catch (error) {
      expect(error).toBeInstanceOf(error instanceof StoreFullError ? StoreFullError : SpillError);
      return i;
    }
  }
}

function isIt(value: unknown, i: number, to: ObjectRef<unknown>): void {
  if (i % 3 !== 0) {
    expect(value).toEqual([i, numbers(i)]);
    return;
  }
  const { i: own, to: ref, text } = value as { i: number; to: ObjectRef<unknown>; text: string };
  expect([own, ref.toString(), text.length]).toEqual([i, to.toString(), 3000]);
}

async function readAll(
  store: Store,
  count: number,
  to: ObjectRef<unknown>,
  gone: (i: number) => boolean = () => false,
) {
  const there = [...Array(count).keys()].filter(i => !gone(i));
  for (const i of there) isIt(store.getSync(`f/${i}`), i, to);
  for (const i of there) isIt(await store.get(`f/${i}`, { timeoutMs: 5000 }), i, to);
  for (const i of there) {
    using lease = store.lease(`f/${i}`);
    isIt(lease.value, i, to);
  }
  for (let from = 0; from < there.length; from += 8) {
    const some = there.slice(from, from + 8);
    const values = await store.get(
      some.map(i => `f/${i}`),
      { timeoutMs: 5000 },
    );
    for (const [at, i] of some.entries()) isIt(values[at], i, to);
  }
  store.check();
}

test("at the limit, with memory full, all can be read, and what is freed is room again", async () => {
  const store = spilling({ spill: { folders: spillFolder(), limit: "6MiB" }, fullTimeoutMs: 10 });
  const to = store.put("what others contain");
  const count = fill(store, 0, to);
  expect(store.stats().used + store.stats().spilledBytes).toBeGreaterThan(8 * 2 ** 20);
  await readAll(store, count, to);
  for (let i = 0; i < count; i++) if (i % 2 === 0) store.free(`f/${i}`);
  const next = fill(store, count, to);
  expect(next - count).toBeGreaterThan((count / 2) * 0.85);
  expect(store.stats().diskBytes).toBeLessThanOrEqual(6 * 2 ** 20);
  await readAll(store, next, to, i => i < count && i % 2 === 0);
}, 60_000);

test("a disk that takes no more keeps nobody from what it has; copies end with their values", async () => {
  const root = spillFolder();
  const store = spilling({ spill: root, fullTimeoutMs: 10 });
  const to = store.put("what others contain");
  for (let i = 0; i < COUNT; i++) store.put([i, numbers(i)], { name: `g/${i}`, pin: true });
  // Where the next files would be made something else stands.
  const [last] = filesIn(root).sort().slice(-1) as [string];
  const number = BigInt(`0x${last.slice(-22, -6)}`);
  for (let i = 1n; i < 300n; i++) {
    const name = (number + i).toString(16).padStart(16, "0");
    mkdirSync(`${dirname(last)}/${name}.making`);
  }
  const count = fill(store, 0, to);
  expect(() => store.put(numbers(1))).toThrow(SpillError);
  await readAll(store, count, to);
  for (let i = 0; i < COUNT; i++) expect(await store.get<[number, Float64Array]>(`g/${i}`)).toEqual([i, numbers(i)]);
  await collected(() => store.stats().tokens <= 1);
  expect(store.stats().leases).toBe(0);
  store.check();
}, 60_000);

test("of several folders one may take nothing: the others do", async () => {
  const [deaf, other] = [spillFolder(), spillFolder()];
  const store = spilling({ spill: [deaf, other], fullTimeoutMs: 10 });
  const [own] = readdirSync(deaf) as [string];
  for (let i = 1; i < 300; i++) mkdirSync(`${deaf}/${own}/${i.toString(16).padStart(16, "0")}.making`);
  const refs = Array.from({ length: COUNT }, (_, i) => store.put(numbers(i)));
  expect(store.stats().spilled).toBeGreaterThan(COUNT / 2);
  for (const [i, ref] of refs.entries()) expect(await store.get(ref)).toEqual(numbers(i));
  expect(filesIn(other).length).toBe(store.stats().spillFiles);
  store.check();
}, 60_000);

test("a flipped byte is ObjectLostError that names the file, once and for all", async () => {
  const root = spillFolder();
  const store = spilling({ spill: { folders: root, fileBytes: "64KiB" } });
  const refs = Array.from({ length: COUNT }, (_, i) => store.put(numbers(i)));
  for (const file of filesIn(root)) {
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
  }
  const events = store.subscribe({ kinds: ["lost", "evict", "free"] });
  const error = await store.get(refs[0]!).catch(error => error);
  expect(error).toBeInstanceOf(ObjectLostError);
  expect((await events.next()).value).toMatchObject({ kind: "lost", ref: refs[0]!.toString(), pid: process.pid });
  await events.return();
  expect(error.message).toContain(root);
  expect(() => store.getSync(refs[0]!)).toThrow(ObjectLostError);
  expect(store.stats().quarantinedTotal).toBe(1);
  store.check();
});

test("other options than it was made with are refused; none take it as it is", () => {
  const root = spillFolder();
  const store = spilling({ spill: root });
  expect(() => sameStore(store, { spill: spillFolder() })).toThrow(SpillOptionsError);
  expect(() => sameStore(store, { spill: { folders: root, limit: "1GiB" } })).toThrow(SpillOptionsError);
  expect(() => sameStore(store, { spill: [root, spillFolder()] })).toThrow(SpillOptionsError);
  sameStore(store, { spill: { folders: [root] } });
  sameStore(store);
  expect(() => sameStore(freshStore(), { spill: root })).toThrow(SpillOptionsError);
  const folders = ["relative", [], Array(9).fill(root), [1], [undefined], `/${"x".repeat(255)}`, "/a\0b", 5, {}];
  const numbers = [{ limit: 0 }, { limit: -1 }, { limit: null }, { fileBytes: 0 }].map(bad => ({
    folders: root,
    ...bad,
  }));
  for (const bad of [...folders, ...numbers, [root, root], [root, `${root}/`]]) {
    expect(() => freshStore({ spill: bad as string })).toThrow(InvalidArgumentError);
  }
  expect(freshStore({ spill: null as unknown as undefined }).stats().spillFolders).toBe(0);
});

test("another process reads back what this one spilled, and may be killed at any time", async () => {
  const store = spilling();
  const refs = Array.from({ length: COUNT }, (_, i) => store.put(numbers(i), { pin: true, name: `k/${i}` }));
  for (let turn = 0; turn < 3; turn++) {
    const other = startProcess(
      ({ plasmid, say }, directory, name, count) => {
        const theirs = plasmid.Store.open(name, { directory, mustExist: true });
        for (let i = 0; ; i++) {
          theirs.getSync(`k/${(i * 5) % count}`);
          Bun.gc(true);
          if (i === 0) say("reading");
        }
      },
      directory,
      store.name,
      COUNT,
    );
    expect(await other.line()).toContain("reading");
    await Bun.sleep(turn * 15);
    await other.kill();
    for (let i = turn; i < COUNT; i += 9) {
      expect(store.getSync(refs[i]!)).toEqual(numbers(i));
      Bun.gc(true);
    }
    store.check();
  }
});
