import { expect, test } from "bun:test";
import { renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { type Store, StoreDestroyedError } from "../../src/index.ts";
import { cleanUpAfterEach, directory, freshStore, sameStore } from "./fresh.ts";
import { startProcess } from "./process.ts";

cleanUpAfterEach();

function fileOf(store: Store): string {
  return `${directory}/${encodeURIComponent(store.name)}.plasmid`;
}

/** A process with a view, a small object and a wait in it, that says what becomes of them when it is told to look. */
function reader(store: Store) {
  return startProcess(
    async ({ plasmid, say, hear }, name: string, folder: string) => {
      const there = plasmid.Store.open(name, { directory: folder, mustExist: true });
      const view = there.peek("rows") as Uint8Array;
      const waited = there.get("never").catch(error => error.code);
      say(view[99_999]);
      await hear();
      const seen = [view[0], view[99_999]];
      const codes: string[] = [];
      const calls: (() => unknown)[] = [
        () => there.put(1),
        () => there.peek("small"),
        () => there.put(new Uint8Array(50_000)),
        () => there.stats(),
        () => there.lease("rows"),
        () => there.find("rows"),
        () => there.allocate(Uint8Array, 40_000),
        () => there.pin("rows"),
        () => there.check(),
      ];
      // The call that runs into it may end otherwise.
      const until = Date.now() + 10_000;
      while (Date.now() < until) {
        try {
          there.stats();
        } catch (error) {
          if ((error as { code: string }).code === "ERR_PLASMID_DESTROYED") break;
        }
      }
      for (const call of calls) {
        try {
          call();
          codes.push("none");
        } catch (error) {
          codes.push((error as { code: string }).code);
        }
      }
      const ended = await waited;
      there.close();
      say({ seen, codes: [...new Set(codes)], waited: ended, after: view.length });
      process.exit(0);
    },
    store.name,
    directory,
  );
}

function filled(): Store {
  const store = freshStore();
  store.put(new Uint8Array(100_000).fill(7), { name: "rows", pin: true });
  store.put("small", { name: "small", pin: true });
  return store;
}

const cuts: Record<string, (store: Store) => number> = {
  "to nothing": () => 0,
  "in its tables": () => 16 * 4096,
  "before its heap": store => statSync(fileOf(store)).size - (16 << 20),
};

for (const [where, length] of Object.entries(cuts)) {
  test(`cut short ${where}: views show zeros, every later call says that the store is destroyed`, async () => {
    const store = filled();
    const child = reader(store);
    expect(await child.line()).toBe("7");
    truncateSync(fileOf(store), length(store));
    child.send("look");
    expect(await child.json()).toEqual({
      seen: [0, 0],
      codes: ["ERR_PLASMID_DESTROYED"],
      waited: "ERR_PLASMID_DESTROYED",
      after: 100_000,
    });
    expect(await child.exited).toBe(0);
    // Here, too, and the name is free for another.
    expect(() => {
      for (let i = 0; i < 10; i++) store.stats();
    }).toThrow();
    rmSync(fileOf(store), { force: true });
    expect(freshStore({}, store.name).peek("rows")).toBeUndefined();
  });
}

test("cut short, and long again at once: every call says that the store is destroyed", async () => {
  const store = filled();
  const bytes = statSync(fileOf(store)).size;
  truncateSync(fileOf(store), 0);
  truncateSync(fileOf(store), bytes);
  expect(() => store.put(new Uint8Array(40_000))).toThrow(StoreDestroyedError);
  expect(() => store.peek("small")).toThrow(StoreDestroyedError);
});

test("moved away: who waits hears of it, and the name is free for another", async () => {
  const store = filled();
  const waits = store.get("never");
  renameSync(fileOf(store), `${directory}/elsewhere`);
  expect(await waits.catch(error => error)).toBeInstanceOf(StoreDestroyedError);
  expect(() => store.put(1)).toThrow(StoreDestroyedError);
  expect(freshStore({}, store.name).peek("small")).toBeUndefined();
  rmSync(`${directory}/elsewhere`);
});

test("unlinked: who waits hears of it, every later call says that the store is destroyed, views stay good", async () => {
  const store = filled();
  const child = reader(store);
  expect(await child.line()).toBe("7");
  const waits = store.get("never");
  rmSync(fileOf(store));
  // The helper looks ten times a second while somebody waits.
  expect(await waits.catch(error => error)).toBeInstanceOf(StoreDestroyedError);
  expect(() => store.put(1)).toThrow(StoreDestroyedError);
  child.send("look");
  expect(await child.json()).toEqual({
    seen: [7, 7],
    codes: ["ERR_PLASMID_DESTROYED"],
    waited: "ERR_PLASMID_DESTROYED",
    after: 100_000,
  });
});

test("unlinked while nobody waits: it is noticed within seconds, or when the name is opened anew", async () => {
  const idle = filled();
  rmSync(fileOf(idle));
  const until = Date.now() + 15_000;
  let error: unknown;
  while (error === undefined && Date.now() < until) {
    await Bun.sleep(20);
    try {
      idle.peek("small");
    } catch (thrown) {
      error = thrown;
    }
  }
  expect(error).toBeInstanceOf(StoreDestroyedError);
  const store = filled();
  rmSync(fileOf(store));
  const fresh = freshStore({}, store.name);
  expect(() => store.peek("small")).toThrow(StoreDestroyedError);
  expect(fresh.peek("small")).toBeUndefined();
  expect(sameStore(fresh).peek(fresh.put(5))).toBe(5);
});

test("a lost page that is not ours ends the process as it would without a store", async () => {
  const store = filled();
  const file = `${directory}/other`;
  const lose = `
    const { truncateSync, writeFileSync } = require("node:fs");
    writeFileSync(${JSON.stringify(file)}, new Uint8Array(100_000));
    const bytes = Bun.mmap(${JSON.stringify(file)});
    truncateSync(${JSON.stringify(file)}, 0);
    console.log(bytes[50_000]);`;
  const open = `const { Store } = await import(${JSON.stringify(`${import.meta.dir}/../../src/index.ts`)});
    Store.open(${JSON.stringify(store.name)}, { directory: ${JSON.stringify(directory)}, mustExist: true }).peek("rows");`;
  const ends = [];
  for (const code of [lose, open + lose]) {
    const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "pipe" });
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    await child.exited;
    ends.push({ out, end: child.signalCode ?? child.exitCode, err: err.match(/panic.*: (.*?) at/)?.[1] });
  }
  expect(ends[1]).toEqual(ends[0]!);
  expect(ends[0]!.end).not.toBe(0);
});
