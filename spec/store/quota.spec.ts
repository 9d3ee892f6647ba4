import { expect, test } from "bun:test";
import fc from "fast-check";
import { InvalidArgumentError, type ObjectRef, StoreFullError } from "../../src/index.ts";
import { Code } from "../../src/native/code.ts";
import { Segment } from "../../src/native/segment.ts";
import { cleanUpAfterEach, directory, freshName, freshStore, sameStore, scaled } from "./fresh.ts";
import { startProcess } from "./process.ts";
import { removeFoldersAfterEach, spillFolder } from "./spill-folder.ts";

cleanUpAfterEach();
removeFoldersAfterEach();

const settings = { capacity: 0, maxObjects: 0, maxClients: 0, lockTimeoutMs: 0, flags: 0 };

test("over its share, a process drops its own, the least recently used first, and nobody else's", async () => {
  const name = freshName();
  const child = startProcess(
    async ({ plasmid, say, hear }, name, directory) => {
      const store = plasmid.Store.open(name, { capacity: "8MiB", directory });
      for (let i = 0; i < 20; i++) store.put(new Uint8Array(100_000), { name: `theirs/${i}` });
      Bun.gc(true);
      say(store.stats().quota);
      await hear();
    },
    name,
    directory,
  );
  expect(await child.json<number>()).toBe(0);
  const store = freshStore({ capacity: "8MiB", quota: "1MiB" }, name);
  // 102,400 bytes each: ten fit into the quota.
  for (let i = 0; i < 10; i++) store.put(new Uint8Array(100_000), { name: `mine/${i}` });
  Bun.gc(true);
  expect(store.stats()).toMatchObject({ quota: 2 ** 20, charged: 1_024_000, evictedTotal: 0 });
  store.refresh("mine/0");
  for (let i = 10; i < 13; i++) {
    store.put(new Uint8Array(100_000), { name: `mine/${i}` });
    Bun.gc(true);
  }
  const mine = Array.from({ length: 13 }, (_, i) => i).filter(i => store.contains(`mine/${i}`));
  expect(mine).toEqual([0, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  // The others' are older, and all there.
  for (let i = 0; i < 20; i++) expect(store.contains(`theirs/${i}`)).toBe(true);
  expect(store.stats()).toMatchObject({ charged: 1_024_000, evictedTotal: 3 });
  store.check();
});

test("with nothing of its own to drop: StoreFullError says that it is the quota", () => {
  const store = freshStore({ capacity: "8MiB", quota: "1MiB", fullTimeoutMs: 10 });
  const refs: ObjectRef[] = [];
  let error: unknown;
  try {
    for (let i = 0; i < 20; i++) refs.push(store.put(new Uint8Array(100_000)));
  } catch (thrown) {
    error = thrown;
  }
  expect(refs.length).toBe(10);
  expect(error).toBeInstanceOf(StoreFullError);
  const full = error as StoreFullError;
  expect(full.code).toBe("ERR_PLASMID_STORE_FULL");
  expect(full).toMatchObject({ quota: 2 ** 20, charged: 1_024_000 });
  expect(full.message).toContain("quota");
  expect(full.largest).toBeGreaterThan(4_000_000);
  expect(() => store.allocate(Uint8Array, 2_000_000)).toThrow(/quota/);
  store.free(refs.pop()!);
  refs.push(store.put(new Uint8Array(100_000)));
  // One draft counts, too, until it is aborted.
  store.free(refs.pop()!);
  const draft = store.allocate(Uint8Array, 100_000);
  expect(() => store.put(new Uint8Array(100_000))).toThrow(StoreFullError);
  draft.abort();
  refs.push(store.put(new Uint8Array(100_000)));
  store.check();
});

test("putAsync waits until something of its own is let go", async () => {
  const store = freshStore({ capacity: "8MiB", quota: 200_000, fullTimeoutMs: 10 });
  const held = store.put(new Uint8Array(150_000), { pin: true });
  const waiting = store.putAsync(new Uint8Array(150_000), { name: "late" });
  await Bun.sleep(10);
  expect(store.contains("late")).toBe(false);
  store.free(held);
  await waiting;
  expect(store.contains("late")).toBe(true);
});

test("in a store that spills, a process over its share spills its own, and nobody else's", async () => {
  const name = freshName();
  const store = freshStore({ capacity: "8MiB", spill: spillFolder() }, name);
  const refs = Array.from({ length: 40 }, (_, i) => store.put(new Uint8Array(100_000).fill(i)));
  const child = startProcess(
    async ({ plasmid, say, hear }, name, directory) => {
      const own = plasmid.Store.open(name, { directory, mustExist: true, quota: "1MiB" });
      const put = Array.from({ length: 30 }, (_, i) => own.put(new Uint8Array(100_000).fill(i)));
      const { charged, quota, spilled } = own.stats();
      const bytes = put.map(ref => own.getSync(ref)[99_999]);
      say({ charged: charged <= quota, spilled, bytes });
      await hear();
    },
    name,
    directory,
  );
  const said = await child.json<{ charged: boolean; spilled: number; bytes: number[] }>();
  expect(said.charged).toBe(true);
  expect(said.spilled).toBeGreaterThanOrEqual(20);
  expect(said.bytes).toEqual(Array.from({ length: 30 }, (_, i) => i));
  const theirs = new Set(refs.map(String));
  expect([...store.objects()].filter(each => each.state === "spilled" && theirs.has(each.ref))).toEqual([]);
  store.check();
});

test("what a dead process made counts for nobody, and whoever comes next begins anew", async () => {
  const name = freshName();
  const store = freshStore({ capacity: "8MiB" }, name);
  for (let round = 0; round < 3; round++) {
    const child = startProcess(
      async ({ plasmid, say, hear }, name, directory, round) => {
        const store = plasmid.Store.open(name, { directory, mustExist: true, quota: "512KiB" });
        const before = store.stats().charged;
        for (let i = 0; i < 4; i++) store.put(new Uint8Array(100_000), { name: `${round}/${i}`, pin: true });
        say([before, store.stats().charged]);
        await hear();
      },
      name,
      directory,
      round,
    );
    expect(await child.json<number[]>()).toEqual([0, 409_600]);
    await child.kill();
    store.check();
  }
  expect([...store.objects()].length).toBe(12);
  expect(store.stats()).toMatchObject({ quota: 0, charged: 0 });
  for (const { name } of [...store.objects()]) store.free(name!);
  store.check();
});

test("small puts that take room ahead stay within the quota", () => {
  const store = freshStore({ capacity: "16MiB", quota: 64 * 500 });
  const other = sameStore(store);
  for (let i = 0; i < 5000; i++) {
    store.put(i);
    if (i % 100 === 0) Bun.gc(true);
    if (i % 500 === 0) {
      expect(store.stats().charged).toBeLessThanOrEqual(64 * 500);
      store.check();
    }
  }
  // One process, one quota.
  expect(other.stats().quota).toBe(64 * 500);
});

test("a quota is a size, and more than nothing", () => {
  expect(() => freshStore({ quota: 0 })).toThrow(InvalidArgumentError);
  expect(() => freshStore({ quota: "much" })).toThrow(InvalidArgumentError);
});

// A naive model of one store with two clients of this process's own making would be one client: the other lives in a process.
test("in any trace the charge is what there is of its own, and only its own go", () => {
  const fits = 8;
  const steps = fc.array(
    fc.tuple(fc.constantFrom("put", "put", "put", "drop", "drop", "use", "pin", "free"), fc.nat()),
    {
      minLength: 20,
      maxLength: 120,
      size: "max",
    },
  );
  const check = fc.property(steps, list => {
    const store = freshStore({ capacity: "2MiB", quota: fits * 61_440 });
    const segment = Segment.open(directory, store.name, settings);
    const { core, at, words } = segment;
    let own: { ref: [number, number, number, number, number]; token: number; pins: number }[] = [];
    for (const [what, n] of list) {
      const object = own[n % Math.max(1, own.length)];
      if (what === "put") {
        const unheld = own.some(({ token, pins }) => token === 0 && pins === 0);
        const before = own.length;
        const token = core.plasmid_put_small(at, 60_000);
        if (before === fits && !unheld) expect(token).toBe(Code.STORE_FULL);
        else own.push({ ref: [...words.subarray(0, 5)] as never, token: segment.must(token), pins: 0 });
      } else if (object !== undefined) {
        if (what === "drop" && object.token !== 0) core.plasmid_forget(at, object.token);
        if (what === "drop") object.token = 0;
        if (what === "use") segment.must(core.plasmid_peek(at, ...object.ref));
        if (what === "pin") object.pins += core.plasmid_pin(at, ...object.ref) + 1;
        if (what === "free") {
          segment.must(core.plasmid_free(at, ...object.ref));
          if (object.token !== 0) core.plasmid_forget(at, object.token);
          own = own.filter(other => other !== object);
        }
      }
      const there = own.filter(({ ref }) => core.plasmid_state(at, ...ref) === 0);
      // What is held is never among those that went; at most one went, for one came.
      expect(own.every(one => there.includes(one) || (one.token === 0 && one.pins === 0))).toBe(true);
      expect(own.length - there.length).toBeLessThanOrEqual(1);
      own = there;
      expect(store.stats().charged).toBe(own.length * 61_440);
    }
    segment.close();
    store.check();
    store.close();
  });
  fc.assert(check, { numRuns: scaled(80) });
}, 60_000);
