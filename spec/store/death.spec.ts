import { expect, test } from "bun:test";
import { LockTimeoutError, ObjectLostError, Store } from "../../src/index.ts";
import { cleanUpAfterEach, collected, directory, freshStore, withSegment } from "./fresh.ts";
import { type Body, startProcess, startWorker } from "./process.ts";

cleanUpAfterEach();

/** Holds everything that can be held, and says so. */
const holder: Body<[string, string]> = async ({ plasmid, say, hear }, name, directory) => {
  const store = plasmid.Store.open(name, { directory, mustExist: true });
  const held = {
    refs: store.putMany(Array.from({ length: 500 }, (_, i) => i)),
    lease: store.lease("shared"),
    view: store.peek(store.put(new Uint8Array(1_000_000).fill(9))),
    draft: store.allocate(Uint8Array, 500_000, { name: "draft" }),
    waiting: store.get("never").catch(() => {}),
  };
  store.pin("shared");
  say([held.draft.ref.toString(), process.pid]);
  await hear();
  say(held.view?.length);
};

/** All that a process can hold, given back. */
async function reclaimed(store: Store, draft: string): Promise<void> {
  expect(await store.get(store.parse(draft), { timeoutMs: 5000 }).catch(error => error)).toBeInstanceOf(
    ObjectLostError,
  );
  expect(
    await collected(() => {
      store.put(0);
      return store.holders().every(({ pid }) => pid === 0 || pid === process.pid);
    }, 300),
  ).toBe(true);
  // Its pin stays: nobody owns it.
  const shared = [...store.objects()].find(({ name }) => name === "shared")!;
  expect(shared.pins).toBe(2);
  expect(shared.leases).toBe(0);
  expect(store.find("draft")).toBeUndefined();
  store.put("mine", { name: "draft" });
  store.check();
}

test("kill -9 of one who holds leases, handles and a draft: all is reclaimed but its pin", async () => {
  const store = freshStore();
  store.put(new Uint8Array(100_000).fill(1), { name: "shared", pin: true });
  const child = startProcess(holder, store.name, directory);
  const [draft] = await child.json<[string, number]>();
  const bound = store.parse(draft);
  expect(store.stats().clients).toBe(2);
  expect(store.holders().find(({ pid }) => pid === child.pid)?.draftBytes).toBeGreaterThanOrEqual(500_000);
  await child.kill();
  await reclaimed(store, bound.toString()).catch(async error => {
    // The ref could be gone already when it is parsed.
    if (!(error instanceof ObjectLostError)) throw error;
  });
  expect(store.stats().reapedTotal).toBe(1);
  expect(store.stats().clients).toBe(1);
  store.check();
});

test("a Worker that holds the same is terminated: the same", async () => {
  const store = freshStore();
  store.put(new Uint8Array(100_000).fill(1), { name: "shared", pin: true });
  const before = store.stats();
  const worker = startWorker(holder, store.name, directory);
  const [draft] = await worker.next<[string, number]>();
  const waiting = store.get(store.parse(draft), { timeoutMs: 10_000 }).catch(error => error);
  await worker.end();
  expect(await waiting).toBeInstanceOf(ObjectLostError);
  expect(
    await collected(() => {
      const { leases, handles } = store.stats();
      return leases === before.leases && handles <= before.handles + 2;
    }, 300),
  ).toBe(true);
  expect([...store.objects()].find(({ name }) => name === "shared")!.pins).toBe(2);
  store.put("mine", { name: "draft" });
  store.check();
});

test("kill -9 of one who holds the lock: the rest go on", async () => {
  const store = freshStore();
  const ref = store.put("before");
  for (let turn = 0; turn < 3; turn++) {
    const child = startProcess(
      async ({ plasmid, Segment, say }, name, directory) => {
        const store = plasmid.Store.open(name, { directory, mustExist: true });
        store.put("by the dead", { name: "left", replace: true });
        const segment = Segment.open(directory, name, {
          capacity: 0,
          maxObjects: 0,
          maxClients: 0,
          lockTimeoutMs: 0,
          flags: 0,
        });
        say("holding");
        segment.core.plasmid_test_hold_lock(segment.at, 60_000);
      },
      store.name,
      directory,
    );
    await child.line();
    await Bun.sleep(30);
    const killed = child.kill();
    store.put(`turn ${turn}`, { name: "after", replace: true });
    await killed;
    expect(store.peek("after")).toBe(`turn ${turn}`);
    expect(store.peek(ref)).toBe("before");
    expect(store.peek("left")).toBe("by the dead");
    expect(store.stats().recoveredTotal).toBe(turn + 1);
    store.check();
  }
});

test("a Worker is terminated while it holds the lock: it gives it back first", async () => {
  const store = freshStore();
  const worker = startWorker(
    ({ Segment, say }, name, directory) => {
      const settings = { capacity: 0, maxObjects: 0, maxClients: 0, lockTimeoutMs: 0, flags: 0 };
      const segment = Segment.open(directory, name, settings);
      say("holding");
      segment.core.plasmid_test_hold_lock(segment.at, 300);
    },
    store.name,
    directory,
  );
  await worker.next();
  await Bun.sleep(20);
  worker.worker.terminate();
  store.put("after", { name: "n" });
  expect(store.peek("n")).toBe("after");
  store.check();
});

test("a stopped holder of the lock: a timeout, nothing reaped, and on it goes", async () => {
  const store = freshStore({ lockTimeoutMs: 200 });
  const child = startProcess(
    async ({ plasmid, Segment, say, hear }, name, directory) => {
      const settings = { capacity: 0, maxObjects: 0, maxClients: 0, lockTimeoutMs: 0, flags: 0 };
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      const segment = Segment.open(directory, name, settings);
      say("holding");
      segment.core.plasmid_test_hold_lock(segment.at, 300);
      store.put("went on", { name: "n" });
      say("went on");
      await hear();
    },
    store.name,
    directory,
  );
  const small = store.put("small");
  expect(await child.line()).toBe("holding");
  await Bun.sleep(50);
  child.signal("SIGSTOP");
  const begin = performance.now();
  expect(() => store.put(1)).toThrow(LockTimeoutError);
  const took = performance.now() - begin;
  expect(took).toBeGreaterThan(150);
  expect(took).toBeLessThan(3000);
  // A get needs no lock.
  expect(store.peek(small)).toBe("small");
  await Bun.sleep(500);
  expect(() => store.put(1)).toThrow(LockTimeoutError);
  child.signal("SIGCONT");
  expect(await child.line()).toBe("went on");
  expect(store.peek("n")).toBe("went on");
  expect(store.stats().reapedTotal).toBe(0);
  expect(store.stats().recoveredTotal).toBe(0);
  store.check();
});

test("killed at any moment, again and again: the store stays whole", async () => {
  const store = freshStore({ capacity: "8MiB" });
  const kept = store.put("kept", { name: "kept", pin: true });
  for (let turn = 0; turn < 12; turn++) {
    const child = startProcess(
      ({ plasmid, say }, name, directory, seed) => {
        const store = plasmid.Store.open(name, { directory, mustExist: true });
        say("working");
        const refs: unknown[] = [];
        for (let i = seed; ; i = (i * 1103515245 + 12345) % 2147483648) {
          const value = i % 5 === 0 ? new Uint8Array(i % 100_000) : [i, refs[i % 50]].filter(Boolean);
          try {
            refs[i % 50] = store.put(value, { name: `n/${i % 20}`, replace: true });
          } catch (error) {
            // What it contains may have been freed by its name.
            if (!(error instanceof plasmid.FreedError)) throw error;
            refs[i % 50] = undefined;
          }
          if (i % 7 === 0) store.free(`n/${i % 20}`);
          if (i % 11 === 0) store.allocate(Uint8Array, i % 50_000);
          store.peek(`n/${(i >> 3) % 20}`);
        }
      },
      store.name,
      directory,
      turn * 7919 + 1,
    );
    await child.line();
    await Bun.sleep(20 + turn * 9);
    await child.kill();
    store.put(turn);
    store.check();
    expect(store.peek(kept)).toBe("kept");
  }
  // Who died is noticed when somebody looks.
  withSegment(store.name, segment => segment.core.plasmid_reap(segment.at));
  expect(store.stats().clients).toBe(1);
}, 60_000);

test("a name that a dead process's draft reserved is free again", async () => {
  const store = freshStore();
  const child = startProcess(
    async ({ plasmid, say, hear }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      const draft = store.allocate(Uint8Array, 10, { name: "n" });
      say("reserved");
      await hear();
      draft.seal();
    },
    store.name,
    directory,
  );
  await child.line();
  const waiting = store.get("n", { timeoutMs: 10_000 });
  await child.kill();
  const free = () => {
    try {
      store.put("mine", { name: "n" });
      return true;
    } catch {
      return false;
    }
  };
  expect(await collected(free, 500)).toBe(true);
  expect(await waiting).toBe("mine");
  expect(Store.list({ directory })).toEqual([store.name]);
  store.check();
});
