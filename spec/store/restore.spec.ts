import { expect, test } from "bun:test";
import { constants, renameSync } from "node:fs";
import { open } from "node:fs/promises";
import {
  AbortedError,
  type ObjectRef,
  type OpenOptions,
  SpillError,
  type Store,
  StoreClosedError,
  TimedOutError,
} from "../../src/index.ts";
import { cleanUpAfterEach, collected, freshName, freshStore, sameStore } from "./fresh.ts";
import { filesIn, removeFoldersAfterEach, spillFolder } from "./spill-folder.ts";

cleanUpAfterEach();
removeFoldersAfterEach();

const { O_WRONLY, O_NONBLOCK } = constants;
const CAPACITY = 2 ** 20;

function numbers(seed: number, words = 10_000): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: words }, (_, i) => seed * 1e6 + i);
}

function spilling(options: OpenOptions = {}): { store: Store; root: string } {
  const root = spillFolder();
  return { store: freshStore({ capacity: CAPACITY, spill: root, ...options }, freshName()), root };
}

/** Objects most of which are on disk: the first ones. */
function fill(store: Store, count = 60): ObjectRef<Float64Array>[] {
  const refs = Array.from({ length: count }, (_, i) => store.put(numbers(i), { name: `n/${i}` }));
  expect(store.stats().spilled).toBeGreaterThan(count / 2);
  return refs;
}

/** Files that never answer: whoever opens one waits for a writer. `answer` lets that one read what no file gives. */
function deafFiles(root: string): { answer(): Promise<void>; mend(): void } {
  const files = filesIn(root);
  for (const file of files) {
    renameSync(file, `${file}.aside`);
    expect(Bun.spawnSync(["mkfifo", file]).exitCode).toBe(0);
  }
  return {
    async answer() {
      for (const file of files) {
        // It fails if nobody has it open for reading: there is nobody to answer.
        const handle = await open(file, O_WRONLY | O_NONBLOCK).catch(() => undefined);
        await handle?.close();
      }
    },
    mend() {
      for (const file of files) renameSync(`${file}.aside`, file);
    },
  };
}

test("a get of what is on disk holds up nobody, and ends in time or by its signal", async () => {
  const { store, root } = spilling();
  const refs = fill(store);
  const other = sameStore(store);
  const files = deafFiles(root);
  const controller = new AbortController();
  const aborted = store.get(refs[0]!, { signal: controller.signal }).catch(error => error);
  const late = store.get(["n/1", refs[2]!], { timeoutMs: 50 }).catch(error => error);
  const failing = other.get(refs[0]!).catch(error => error);
  let turns = 0;
  for (; turns < 20; turns++) await Bun.sleep(1);
  expect(await store.get(store.put("in memory"))).toBe("in memory");
  expect(await late).toBeInstanceOf(TimedOutError);
  controller.abort();
  expect(await aborted).toBeInstanceOf(AbortedError);
  // Until the last order has ended.
  let error: unknown;
  void failing.then(why => {
    error = why;
  });
  for (turns = 0; error === undefined && turns < 1000; turns++) {
    await files.answer();
    await Bun.sleep(1);
  }
  expect(error).toBeInstanceOf(SpillError);
  files.mend();
  for (let i = 0; i < 3; i++) expect(await store.get(refs[i]!)).toEqual(numbers(i));
  store.check();
});

test("an object larger than the store is looked through by another thread, once for all", async () => {
  const { store, root } = spilling();
  const value = numbers(1, CAPACITY / 4);
  const ref = store.put(value, { name: "large" });
  const files = deafFiles(root);
  const failing = store.get("large").catch(error => error);
  let error: unknown;
  void failing.then(why => {
    error = why;
  });
  await Bun.sleep(5);
  expect(error).toBeUndefined();
  for (let turns = 0; error === undefined && turns < 1000; turns++) {
    await files.answer();
    await Bun.sleep(1);
  }
  expect(error).toBeInstanceOf(SpillError);
  files.mend();
  const views = await Promise.all([store.get(ref), store.get<Float64Array>("large"), store.get(ref)]);
  for (const view of views) expect(view).toEqual(value);
  // From now on it is shown already: no file is needed.
  deafFiles(root);
  expect(await store.get(ref)).toEqual(value);
  expect(store.getSync(ref)[7]).toBe(value[7]!);
  expect(views.length).toBe(3);
});

test("more at once than there are orders, from several stores, in any order", async () => {
  const { store } = spilling({ capacity: 4 * CAPACITY });
  const refs = fill(store, 300);
  const other = sameStore(store);
  const sums = await Promise.all(
    Array.from({ length: 300 }, async (_, i) => {
      const from = i % 2 === 0 ? store : other;
      const at = (i * 77) % 300;
      const value = await from.get<Float64Array>(i % 3 === 0 ? `n/${at}` : refs[at]!);
      return value[0] === at * 1e6 && value[9_999] === at * 1e6 + 9_999;
    }),
  );
  expect(sums.every(Boolean)).toBe(true);
  // A list is had whole, so it has to fit.
  const list = await store.get(refs.slice(0, 30));
  expect(list.every((value, i) => value[9_999] === i * 1e6 + 9_999)).toBe(true);
  store.check();
}, 30_000);

test("a store closed meanwhile ends its gets, and nothing is left leased", async () => {
  const { store } = spilling();
  const refs = fill(store);
  const other = sameStore(store);
  const gets = refs.slice(0, 20).map(ref => other.get(ref).catch(error => error));
  other.close();
  for (const end of await Promise.all(gets)) {
    if (!(end instanceof Float64Array)) expect(end).toBeInstanceOf(StoreClosedError);
  }
  gets.length = 0;
  for (const ref of refs) store.free(ref);
  expect(await collected(() => store.stats().used === 0, 200)).toBe(true);
  store.check();
});
