import { expect, test } from "bun:test";
import {
  FreedError,
  type HolderSummary,
  ObjectNotFoundError,
  type ObjectRef,
  StoreFullError,
} from "../../src/index.ts";
import { cleanUpAfterEach, directory, freshStore, sameStore } from "./fresh.ts";
import { startProcess } from "./process.ts";

cleanUpAfterEach();

test("each hold on an object, of this and of another process", async () => {
  const store = freshStore();
  const ref = store.put(new Float64Array(10_000), { name: "held" });
  expect(store.holders("held")).toEqual([{ pid: process.pid, kind: "handle", count: 1 }]);
  store.pin(ref);
  store.pin(ref);
  store.put([ref], { name: "outer", pin: true });
  using lease = store.lease(ref);
  const child = startProcess(
    async ({ plasmid, say, hear }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      const lease = store.lease("held");
      const ref = store.find("held");
      say(lease.released || ref === undefined);
      await hear();
      lease.release();
    },
    store.name,
    directory,
  );
  expect(await child.json<boolean>()).toBe(false);
  const holders = store.holders(ref);
  const of = (pid: number, kind: string) => holders.filter(row => row.pid === pid && row.kind === kind);
  expect(of(process.pid, "lease")).toEqual([{ pid: process.pid, kind: "lease", count: 1 }]);
  expect(of(process.pid, "handle").length).toBe(1);
  expect(of(child.pid, "lease")).toEqual([{ pid: child.pid, kind: "lease", count: 1 }]);
  expect(of(child.pid, "handle")).toEqual([{ pid: child.pid, kind: "handle", count: 1 }]);
  expect(of(0, "pin")).toEqual([{ pid: 0, kind: "pin", count: 2 }]);
  expect(of(0, "containment")).toEqual([{ pid: 0, kind: "containment", count: 1 }]);
  expect(holders.length).toBe(6);
  expect(lease.value.length).toBe(10_000);
});

test("of a draft, of nothing, of what was freed", () => {
  const store = freshStore();
  const draft = store.allocate(Uint8Array, 50_000, { name: "draft" });
  expect(store.holders(draft.ref)).toContainEqual({ pid: process.pid, kind: "draft", count: 1 });
  expect(store.holders(draft.ref).some(({ kind }) => kind === "lease")).toBe(false);
  draft.abort();
  expect(() => store.holders("nothing")).toThrow(ObjectNotFoundError);
  const other = sameStore(store);
  const ref = store.put(1);
  const text = ref.toString();
  store.free(ref);
  // Somebody's ref still stands for it.
  expect(store.holders(ref)).toEqual([{ pid: process.pid, kind: "handle", count: 1 }]);
  store.close();
  expect(() => other.holders(ref)).toThrow(FreedError);
  expect(text).toBe(ref.toString());
});

test("usage by process and kind", async () => {
  const store = freshStore();
  const sum = (pid: number, kind: string) =>
    store.usage().find(row => row.pid === pid && row.kind === kind) ?? { count: 0, bytes: 0, oldestMs: 0 };
  const inner = store.put(new Uint8Array(40_000));
  store.put([inner], { pin: true });
  using lease = store.lease(inner);
  const draft = store.allocate(Uint8Array, 70_000);
  const child = startProcess(
    async ({ plasmid, say, hear }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      const ref = store.put(new Uint8Array(100_000));
      say("ready");
      await hear();
      store.unpin(ref);
    },
    store.name,
    directory,
  );
  await child.line();
  expect(sum(process.pid, "lease")).toMatchObject({ count: 1, bytes: 40_960 });
  expect(sum(process.pid, "draft").bytes).toBeGreaterThanOrEqual(70_000);
  expect(sum(process.pid, "handle").count).toBeGreaterThanOrEqual(1);
  expect(sum(child.pid, "handle")).toMatchObject({ count: 1 });
  expect(sum(child.pid, "handle").bytes).toBeGreaterThanOrEqual(100_000);
  expect(sum(0, "pin").count).toBe(1);
  expect(sum(0, "containment")).toMatchObject({ count: 1, bytes: 40_960 });
  expect(sum(child.pid, "handle").oldestMs).toBeLessThan(60_000);
  expect(sum(0, "cache").count).toBe(store.stats().evictable);
  expect(lease.value.length + draft.view.length).toBe(110_000);
});

test("the line that made an object", async () => {
  const store = freshStore({ callSites: true });
  const kept: ObjectRef[] = [store.put("one")];
  for (let i = 0; i < 3; i++) kept.push(store.put({ i }));
  kept.push(...store.putMany([1, 2]));
  const info = [...store.objects()].find(({ ref }) => ref === kept[0]!.toString())!;
  expect(info.site).toContain("holders.spec.ts");
  expect(info.mine).toEqual({ leased: false, handled: true, made: true });
  const draft = store.allocate(Uint8Array, 5);
  const made = [draft.text, (await store.putAsync("later")).toString()];
  const sites = new Map([...store.objects()].map(({ ref, site }) => [ref, site]));
  for (const ref of made) expect(sites.get(ref)).toContain("holders.spec.ts");
  draft.abort();
  const handles = store.usage().filter(row => row.kind === "handle" && row.site !== undefined);
  expect(handles.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(6);
  expect(handles.map(({ count }) => count)).toContain(3);
  expect(new Set(handles.map(({ site }) => site)).size).toBe(handles.length);
  // Without the option nobody remembers.
  const plain = sameStore(store);
  expect([...plain.objects()].every(({ site }) => site === undefined)).toBe(true);
  expect(plain.usage().every(row => row.site === undefined)).toBe(true);
});

test("the message names those that keep the most, however many there are", () => {
  const row = (pid: number): HolderSummary => ({
    pid,
    leasedCount: 0,
    leasedBytes: 0,
    handledCount: 1,
    handledBytes: pid * 1000,
    draftCount: 0,
    draftBytes: 0,
  });
  const rows = Array.from({ length: 1000 }, (_, i) => row(i + 1));
  const { message, holders } = new StoreFullError("full", {}, 1, 0, rows);
  expect(holders.length).toBe(1000);
  expect(message).toContain("pid 1000 by refs");
  expect(message).not.toContain("pid 900 ");
  expect(message).toContain("and 992 processes more");
});
