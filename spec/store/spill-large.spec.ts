import { expect, test } from "bun:test";
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import {
  ObjectLostError,
  type ObjectRef,
  type OpenOptions,
  SpillError,
  Store,
  StoreFullError,
} from "../../src/index.ts";
import { cleanUpAfterEach, directory, freshName, freshStore, sameStore } from "./fresh.ts";
import { startProcess } from "./process.ts";
import { filesIn, removeFoldersAfterEach, spillFolder } from "./spill-folder.ts";

cleanUpAfterEach();

removeFoldersAfterEach();

/** A store of 1 MiB that spills to one folder, and that folder. */
function small(options: OpenOptions = {}): { store: Store; root: string } {
  const root = spillFolder();
  return { store: freshStore({ capacity: "1MiB", spill: root, ...options }, freshName()), root };
}

const WORDS = 300_000; // 2.4 MB

function numbers(seed: number, words = WORDS): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: words }, (_, i) => seed * 1e6 + i);
}

/** Another thread removes files. */
async function untilFiles(root: string, count: number): Promise<void> {
  for (let turn = 0; turn < 500 && filesIn(root).length !== count; turn++) await Bun.sleep(10);
  expect(filesIn(root).length).toBe(count);
}

test("every way of putting one, and every way of asking for it", async () => {
  const { store } = small();
  const inner = store.put("inside", { pin: true });
  const value = { title: "large", rows: numbers(1), more: [numbers(2, 10), numbers(3, 20_000)], inner };
  const refs = [
    store.put(value, { name: "put" }),
    await store.putAsync(value),
    store.putMany([1, value, "x"])[1] as ObjectRef<typeof value>,
  ];
  for (const ref of refs) {
    for (const got of [
      await store.get(ref),
      store.getSync(ref),
      store.peek(ref)!,
      await store.get<typeof value>("put"),
    ]) {
      const { title, rows, more, inner: contained } = got;
      expect(title).toBe("large");
      expect(rows).toEqual(value.rows);
      expect(more).toEqual(value.more);
      expect(store.getSync(contained)).toBe("inside");
    }
    using lease = store.lease(ref);
    expect(lease.value.rows[WORDS - 1]).toBe(value.rows[WORDS - 1]!);
  }
  const text = "no buffer at all ".repeat(100_000);
  expect(store.getSync(store.put(text))).toBe(text);
  expect(store.contains("put")).toBe(true);
  expect(store.find("put")!.toString()).toBe(refs[0]!.toString());
  const info = [...store.objects()].find(each => each.name === "put")!;
  expect(info).toMatchObject({ state: "spilled", pins: 0 });
  expect(info.bytes).toBeGreaterThan(2 ** 20);
  expect(store.stats().used).toBeLessThan(10_000);
  store.check();
});

test("drafts are written to the file, sealed, aborted, and named once", async () => {
  const { store, root } = small();
  const draft = store.allocate(Float64Array, WORDS, { name: "draft" });
  expect(draft.view.every(word => word === 0)).toBe(true);
  draft.view.set(numbers(4));
  const waiting = store.get("draft");
  expect(filesIn(root)[0]).toEndWith(".making");
  const ref = draft.seal();
  expect(filesIn(root)[0]).toEndWith(".spill");
  expect(await waiting).toEqual(numbers(4));
  expect(store.getSync(ref)).toEqual(numbers(4));
  const other = store.allocateUnsafe(Uint8Array, 3_000_000);
  other.view.fill(9);
  other.abort();
  await untilFiles(root, 1);
  const again = store.allocateUnsafe(Uint8Array, 3_000_000, { name: "draft", replace: true });
  again.view.fill(8);
  again.seal();
  expect((store.getSync("draft") as Uint8Array).every(byte => byte === 8)).toBe(true);
  store.check();
});

test("values of any size about the capacity come back as they were", () => {
  const { store } = small();
  fc.assert(
    fc.property(fc.integer({ min: 2 ** 20 - 9000, max: 2 ** 20 + 9000 }), fc.boolean(), (bytes, named) => {
      const value = [Uint8Array.from({ length: bytes }, (_, i) => i * 31), "tail"];
      const ref = store.put(value, named ? { name: "n", replace: true } : {});
      expect(store.getSync(ref)).toEqual(value);
      store.free(ref);
      Bun.gc(true);
      store.check();
    }),
    { numRuns: 12 },
  );
});

test("its file goes with the last that keeps it, views of other processes included", async () => {
  const { store, root } = small();
  const ref = store.put(numbers(5), { name: "n", pin: true });
  const other = startProcess(
    async ({ plasmid, say, hear }, directory, name) => {
      const theirs = plasmid.Store.open(name, { directory, mustExist: true });
      const view = theirs.getSync("n") as Float64Array;
      say(view[0]!);
      await hear();
      say(view.reduce((sum, word) => sum + word, 0));
      await hear();
    },
    directory,
    store.name,
  );
  expect(await other.line()).toBe("5000000");
  expect(store.holders(ref).some(({ kind, pid }) => kind === "lease" && pid === other.pid)).toBe(true);
  expect(store.free(ref)).toBe(true);
  expect(store.contains(ref)).toBe(false);
  expect(filesIn(root).length).toBe(1);
  expect(store.stats().diskBytes).toBeGreaterThan(WORDS * 8);
  other.send("look");
  expect(await other.line()).toBe(String(numbers(5).reduce((sum, word) => sum + word, 0)));
  await other.kill();
  sameStore(store);
  await untilFiles(root, 0);
  expect(store.stats().diskBytes).toBe(0);
  store.check();
});

test("what only a collected ref kept goes, and its room on disk can be had again", () => {
  const { store } = small({ spill: { folders: spillFolder(), limit: "3MiB" } });
  for (let i = 0; i < 6; i++) expect(store.put(numbers(i)).toString()).toBeString();
  const kept = store.put(numbers(7));
  let full: unknown;
  try {
    store.put(numbers(8));
  } catch (error) {
    full = error;
  }
  expect(full).toBeInstanceOf(StoreFullError);
  expect((full as Error).message).toContain("limit on disk use");
  expect(() => store.allocate(Float64Array, WORDS)).toThrow(StoreFullError);
  expect(store.getSync(kept)).toEqual(numbers(7));
  store.check();
}, 20_000);

test("a write through a view stays here, and the next get has the sealed values", () => {
  const { store, root } = small();
  const ref = store.put(numbers(6));
  const [file] = filesIn(root) as [string];
  const before = Bun.hash(readFileSync(file));
  const view = store.getSync(ref);
  view.fill(1);
  view.sort();
  expect(view.every(word => word === 1)).toBe(true);
  expect(store.getSync(ref)).toEqual(numbers(6));
  expect(Bun.hash(readFileSync(file))).toBe(before);
});

test("damage is ObjectLostError that names the file; what is cut under a view is zeros until then", async () => {
  const { store, root } = small();
  const turned = store.put(numbers(1));
  const [file] = filesIn(root) as [string];
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(file, bytes);
  const error = await store.get(turned).catch(error => error);
  expect(error).toBeInstanceOf(ObjectLostError);
  expect(error.message).toContain(file);
  expect(() => store.getSync(turned)).toThrow(ObjectLostError);
  await untilFiles(root, 0);
  const cut = store.put(numbers(2));
  const view = store.getSync(cut);
  truncateSync(filesIn(root)[0]!, 100_000);
  expect(view[0]).toBe(2e6);
  expect(view[WORDS - 1]).toBe(0);
  expect(() => store.getSync(cut)).toThrow(ObjectLostError);
  const draft = store.allocate(Float64Array, WORDS);
  truncateSync(filesIn(root).find(each => each.endsWith(".making"))!, 0);
  draft.view.fill(5);
  expect(() => draft.seal()).toThrow(SpillError);
  draft.abort();
  expect(store.stats().quarantinedTotal).toBe(2);
  store.check();
});

test("a store that does not spill has no room for it", () => {
  const store = freshStore({ capacity: "1MiB", fullTimeoutMs: 10_000 });
  expect(() => store.put(numbers(1))).toThrow(StoreFullError);
  expect(() => store.allocate(Float64Array, WORDS)).toThrow(StoreFullError);
});

test("the store's end takes them along", () => {
  const { store, root } = small();
  store.put(numbers(1), { pin: true });
  store.close();
  Store.destroy(store.name, { directory });
  expect(readdirSync(root)).toEqual([]);
});
