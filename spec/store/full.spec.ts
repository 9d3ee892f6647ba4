import { expect, spyOn, test } from "bun:test";
import { AbortedError, InvalidArgumentError, type ObjectRef, StoreFullError, TableFullError } from "../../src/index.ts";
import { cleanUpAfterEach, directory, freshStore, sameStore, scaled } from "./fresh.ts";
import { type Body, startProcess, startWorker } from "./process.ts";

cleanUpAfterEach();

test("10^7 puts in one synchronous loop into 16 MiB", () => {
  const store = freshStore({ capacity: "16MiB" });
  const puts = scaled(10_000_000);
  for (let i = 0; i < puts; i++) store.put(0);
  expect(store.stats().sealedTotal).toBe(puts);
  store.check();
}, 300_000);

test("a loop whose refs fill the table has its young collected, and all that is old now and then", () => {
  const store = freshStore({ capacity: "1MiB" });
  using everything = spyOn(Bun, "gc");
  const putAll = () => {
    for (let i = 0; i < 64 * 4_096; i++) store.put(i, { name: "last", replace: true });
  };
  putAll();
  expect(everything.mock.calls.length).toBeWithin(1, 16);

  // Old, and then garbage: the table has next to no room until it goes.
  let old: ObjectRef[] = Array.from({ length: 4_000 }, (_, i) => store.put(i));
  Bun.gc(true);
  expect(old.length).toBe(4_000);
  old = [];
  putAll();
  expect(store.peek("last")).toBe(64 * 4_096 - 1);
  expect(everything.mock.calls.length).toBeWithin(2, 32);
  store.check();
}, 60_000);

test("values of every size in one synchronous loop", () => {
  const store = freshStore({ capacity: "16MiB" });
  for (let i = 0; i < scaled(20_000); i++) {
    const bytes = (i * 7919) % 100_000;
    const ref = store.put(new Uint8Array(bytes).fill(i));
    if (i % 10 === 0 && bytes > 0 && store.peek(ref)![bytes - 1] !== i % 256) throw new Error(`object ${i} is wrong`);
  }
  store.check();
}, 60_000);

test("full of what is kept: the error says by whom", () => {
  const store = freshStore({ capacity: "4MiB", fullTimeoutMs: 20 });
  store.put(new Uint8Array(500_000), { pin: true });
  const refs: ObjectRef[] = [store.put(new Uint8Array(600_000))];
  store.put([store.put(new Uint8Array(700_000))], { name: "outer", pin: true });
  using lease = store.lease(refs[0]!);
  using draft = store.allocate(Uint8Array, 400_000);
  let error: unknown;
  const begin = performance.now();
  try {
    for (let i = 0; i < 20; i++) refs.push(store.put(new Uint8Array(500_000)));
  } catch (thrown) {
    error = thrown;
  }
  expect(performance.now() - begin).toBeLessThan(2000);
  expect(error).toBeInstanceOf(StoreFullError);
  const full = error as StoreFullError;
  expect(full.code).toBe("ERR_PLASMID_STORE_FULL");
  expect(full.bytes).toBeGreaterThanOrEqual(500_000);
  expect(full.largest).toBeLessThan(500_000);
  const [nobody, me] = full.holders;
  expect(nobody!.leasedCount).toBe(2);
  expect(nobody!.handledCount).toBe(1);
  const mine = full.holders.find(({ pid }) => pid === process.pid)!;
  expect(me).toBe(mine);
  expect(mine.leasedCount).toBe(1);
  expect(mine.draftCount).toBe(1);
  expect(mine.handledCount).toBeGreaterThanOrEqual(refs.length);
  expect(full.message).toContain(`pid ${process.pid}`);
  expect(full.message).toContain("pinned 2");
  expect(lease.value instanceof Uint8Array && draft.view.length).toBe(400_000);
  store.check();
});

test("larger than the store will ever be", async () => {
  const store = freshStore({ capacity: "1MiB", fullTimeoutMs: 10 });
  expect(() => store.put(new Uint8Array(2 ** 21))).toThrow(StoreFullError);
  expect(() => store.allocate(Uint8Array, 2 ** 21)).toThrow(StoreFullError);
  expect(() => store.putMany([new Uint8Array(700_000), new Uint8Array(700_000)])).toThrow(StoreFullError);
  expect(store.putAsync(new Uint8Array(2 ** 21), { timeoutMs: 20 })).rejects.toThrow(StoreFullError);
  store.check();
});

test("the table of objects is full", () => {
  const store = freshStore({ capacity: "4MiB", maxObjects: 100, fullTimeoutMs: 10 });
  const refs: ObjectRef[] = [];
  expect(() => {
    for (let i = 0; i < 200; i++) refs.push(store.put(i));
  }).toThrow(TableFullError);
  expect(refs.length).toBeGreaterThanOrEqual(99);
  refs.length = 50;
  refs.push(store.put("room again"));
  expect(store.peek(refs.at(-1)!)).toBe("room again");
  store.check();
});

test("unreferenced objects go, the least recently used first", () => {
  const store = freshStore({ capacity: "1MiB" });
  for (let i = 0; i < 8; i++) store.put(new Uint8Array(100_000).fill(i), { name: `cache/${i}` });
  Bun.gc(true);
  // Used in this order: 0 and 1 stay, and 2 goes first.
  for (const i of [2, 3, 4, 5, 6, 7, 0, 1]) store.lease(`cache/${i}`).release();
  for (let i = 8; i < 12; i++) {
    store.put(new Uint8Array(100_000).fill(i), { name: `cache/${i}` });
    Bun.gc(true);
  }
  const there = Array.from({ length: 12 }, (_, i) => i).filter(i => store.contains(`cache/${i}`));
  expect(there).toContain(0);
  expect(there).toContain(1);
  expect(there).toContain(11);
  expect(there).not.toContain(2);
  store.check();
});

test("garbage of an idle process makes room", async () => {
  const store = freshStore({ capacity: "8MiB", fullTimeoutMs: 5000 });
  const child = startProcess(
    async ({ plasmid, say, hear }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      for (let i = 0; i < 7; i++) {
        const view = store.peek(store.put(new Uint8Array(1_000_000).fill(i)))!;
        if (view[5] !== i) throw new Error("wrong");
      }
      say(store.stats().leases);
      await hear();
    },
    store.name,
    directory,
  );
  expect(Number(await child.line())).toBeGreaterThan(3);
  // All of it is garbage there, but nobody collects it until it is asked for.
  const refs = Array.from({ length: 6 }, (_, i) => store.put(new Uint8Array(1_000_000).fill(i)));
  expect(refs.map(ref => store.peek(ref)![999_999])).toEqual([0, 1, 2, 3, 4, 5]);
  store.check();
});

test("two synchronous loops give each other room", async () => {
  const rounds = 300;
  const store = freshStore({ capacity: "8MiB", fullTimeoutMs: 10_000 });
  const child = startProcess(
    ({ plasmid, say }, name, directory, rounds) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      say("open");
      for (let i = 0; i < rounds; i++) {
        const { array } = store.getSync<{ array: Uint8Array }>(`question/${i}`, { timeoutMs: 10_000 });
        if (array[59_999] !== i % 256) throw new Error("wrong");
        store.free(`question/${i}`);
        store.put(i, { name: `answer/${i}`, pin: true });
      }
      say("done");
    },
    store.name,
    directory,
    rounds,
  );
  await child.line();
  for (let i = 0; i < rounds; i++) {
    store.put({ array: new Uint8Array(60_000).fill(i) }, { name: `question/${i}`, pin: true });
    expect(store.getSync<number>(`answer/${i}`, { timeoutMs: 10_000 })).toBe(i);
    store.free(`answer/${i}`);
  }
  expect(await child.line()).toBe("done");
  store.check();
}, 30_000);

// Leases 5 of 8 MB, and lets go of them. Its garbage is collected by nobody but the thread itself, when it is asked for it.
const keepGarbage: Body<[string, string, string]> = async ({ plasmid, say }, name, directory, how) => {
  const store = plasmid.Store.open(name, { directory, mustExist: true });
  store.put(1, { name: "small", pin: true });
  store.put(new Uint8Array(40_000), { name: "large", pin: true });
  const lease = (i: number) => store.peek(store.put(new Uint8Array(1_000_000).fill(i)))![5];
  for (let i = 0; i < 5; i++) if (lease(i) !== i) throw new Error("wrong");
  say("garbage");
  const loops: Record<string, () => void> = {
    blocks: () => say(store.getSync("end", { timeoutMs: 20_000 })),
    peeks: () => store.lease("large").release(),
    puts: () => store.free(store.put(new Uint8Array(40_000))),
    builds: () => store.allocate(Uint8Array, 100).abort(),
  };
  do loops[how]!();
  while (how !== "blocks" && store.peek("end") === undefined);
};

for (const how of ["blocks", "peeks", "puts", "builds"]) {
  test(`garbage of a thread that has no turn of its loop makes room: it ${how}`, async () => {
    const store = freshStore({ capacity: "8MiB", fullTimeoutMs: 10_000 });
    const child = startProcess(keepGarbage, store.name, directory, how);
    expect(await child.line()).toBe("garbage");
    await Bun.sleep(20);
    const refs = Array.from({ length: 6 }, () => store.put(new Uint8Array(1_000_000)));
    store.put("over", { name: "end", pin: true });
    expect(refs.length).toBe(6);
    expect(await child.exited).toBe(0);
    store.check();
  });
}

const keepHalf: Body<[string, string]> = ({ plasmid, say }, name, directory) => {
  const store = plasmid.Store.open(name, { directory, mustExist: true });
  const lease = (i: number) => store.peek(store.put(new Uint8Array(1_000_000).fill(i)))![5];
  for (let i = 0; i < 3; i++) if (lease(i) !== i) throw new Error("wrong");
  say("garbage");
  say(store.getSync("end", { timeoutMs: 20_000 }));
  store.close();
};

test("each Worker of a process answers for its own garbage", async () => {
  const store = freshStore({ capacity: "8MiB", fullTimeoutMs: 10_000 });
  const workers = [0, 1].map(() => startWorker(keepHalf, store.name, directory));
  for (const worker of workers) expect(await worker.next()).toBe("garbage");
  await Bun.sleep(20);
  const refs = Array.from({ length: 6 }, () => store.put(new Uint8Array(1_000_000)));
  store.put("over", { name: "end", pin: true });
  for (const worker of workers) {
    expect(await worker.next()).toBe("over");
    await worker.end();
  }
  expect(refs.length).toBe(6);
  store.check();
});

test("a thread that waits long for room sees who dies meanwhile", async () => {
  const dieSoon: Body<[string, string]> = ({ plasmid, say }, name, directory) => {
    const store = plasmid.Store.open(name, { directory, mustExist: true });
    const leases = Array.from({ length: 6 }, (_, i) => store.lease(store.put(new Uint8Array(1_000_000).fill(i))));
    say(leases.length);
    Bun.sleepSync(300);
    process.kill(process.pid, "SIGKILL");
    say(leases.length); // so they are not garbage before
  };
  const store = freshStore({ capacity: "8MiB", fullTimeoutMs: 600_000 });
  const child = startProcess(dieSoon, store.name, directory);
  expect(await child.line()).toBe("6");
  store.free(store.put(new Uint8Array(4_000_000)));
  store.check();
}, 60_000);

test("what a dead process held is room at once, without a wait", async () => {
  const fill: Body<[string, string]> = async ({ plasmid, say, hear }, name, directory) => {
    const store = plasmid.Store.open(name, { directory, mustExist: true });
    const leases = Array.from({ length: 6 }, (_, i) => store.lease(store.put(new Uint8Array(1_000_000).fill(i))));
    say(leases.length);
    await hear();
    say(leases.length); // so they are not garbage before
  };
  const store = freshStore({ capacity: "8MiB", fullTimeoutMs: 0 });
  for (const put of [
    async () => store.put(new Uint8Array(4_000_000)),
    () => store.putAsync(new Uint8Array(4_000_000), { timeoutMs: 0 }),
  ]) {
    const child = startProcess(fill, store.name, directory);
    expect(await child.line()).toBe("6");
    await expect(put()).rejects.toBeInstanceOf(StoreFullError);
    await child.kill();
    store.free(await put());
    store.check();
  }
});

test("putAsync waits for room that another process gives", async () => {
  const store = freshStore({ capacity: "4MiB", fullTimeoutMs: 10 });
  const child = startProcess(
    async ({ plasmid, say, hear }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      const lease = store.lease(store.put(new Uint8Array(3_000_000)));
      say("leased");
      await hear();
      lease.release();
      await hear();
    },
    store.name,
    directory,
  );
  await child.line();
  expect(() => store.put(new Uint8Array(2_000_000))).toThrow(StoreFullError);
  const controller = new AbortController();
  const abandoned = store.putAsync(new Uint8Array(2_000_000), { signal: controller.signal }).catch(error => error);
  const value = new Uint8Array(2_000_000).fill(4);
  const waiting = store.putAsync({ value }, { name: "late" });
  await Bun.sleep(20);
  controller.abort();
  expect(await abandoned).toBeInstanceOf(AbortedError);
  child.send("release");
  const ref = await waiting;
  expect(store.peek(ref)!.value[1_999_999]).toBe(4);
  expect(store.peek<{ value: Uint8Array }>("late")!.value.length).toBe(2_000_000);
  store.check();
});

test("putAsync notices that its value was moved away while it waited", async () => {
  const store = freshStore({ capacity: "4MiB", fullTimeoutMs: 10 });
  const ref = store.put(new Uint8Array(3_000_000));
  const value = new Uint8Array(2_000_000);
  const waiting = store.putAsync({ value }).catch(error => error);
  const taken = value.buffer.transfer();
  store.free(ref);
  expect(await waiting).toBeInstanceOf(InvalidArgumentError);
  expect(taken.byteLength).toBe(2_000_000);
  store.check();
});

test("whole free pages at the top go back to the system", () => {
  const store = freshStore({ capacity: "64MiB" });
  const ref = store.put(new Uint8Array(40_000_000));
  const before = store.stats().committed;
  store.free(ref);
  expect(store.trim()).toBeGreaterThan(30);
  expect(store.stats().committed).toBeLessThan(before - 30_000_000);
  store.check();
  expect(store.peek(store.put(new Uint8Array(40_000_000).fill(1)))![39_999_999]).toBe(1);
});

test("what a store takes ahead of its small puts is in nobody's way", () => {
  const store = freshStore({ capacity: "8MiB" });
  const other = sameStore(store);
  const refs = Array.from({ length: 100 }, (_, i) => store.put(i));
  expect(other.stats().objects).toBe(100);
  expect(other.stats().sealedTotal).toBe(100);
  expect([...other.objects()].length).toBe(100);
  store.check();
  for (const ref of refs) store.free(ref);
  // The whole heap: the room that `store` took for the next ones has to go.
  const draft = other.allocateUnsafe(Uint8Array, 2 ** 23 - 4096);
  draft.abort();
  for (let i = 0; i < 200; i++) expect(store.peek(store.put(i))).toBe(i);
  store.check();
});
