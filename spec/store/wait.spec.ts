import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import {
  AbortedError,
  BadNameError,
  InvalidArgumentError,
  LockTimeoutError,
  ObjectLostError,
  type PlasmidError,
  Store,
  StoreClosedError,
  StoreDestroyedError,
  SystemError,
  TimedOutError,
} from "../../src/index.ts";
import type { Segment } from "../../src/native/segment.ts";
import { Collector } from "../../src/store/collector.ts";
import { Loop } from "../../src/store/loop.ts";
import { Strays } from "../../src/store/strays.ts";
import { Waiting } from "../../src/store/waiting.ts";
import { cleanUpAfterEach, directory, freshStore, sameStore } from "./fresh.ts";
import { startProcess, startWorker } from "./process.ts";

cleanUpAfterEach();

test("a get of a name waits until it is bound", async () => {
  const store = freshStore();
  const waiting = [store.get("a"), store.get("a"), store.get(["a", "b"])];
  await Bun.sleep(5);
  store.put(1, { name: "a" });
  expect(await waiting[0]).toBe(1);
  expect(await waiting[1]).toBe(1);
  store.put(2, { name: "b" });
  expect(await waiting[2]).toEqual([1, 2]);
});

test("timeouts, of nothing and of some milliseconds", async () => {
  const store = freshStore();
  expect(store.get("a", { timeoutMs: 0 })).rejects.toThrow(TimedOutError);
  const begin = performance.now();
  expect(store.get("a", { timeoutMs: 40 })).rejects.toThrow('"a"');
  await store.get(["a"], { timeoutMs: 40 }).catch(() => {});
  expect(performance.now() - begin).toBeGreaterThan(35);
  expect(() => store.getSync("a", { timeoutMs: 30 })).toThrow(TimedOutError);
  expect(() => store.getSync(["a"], { timeoutMs: 0 })).toThrow(TimedOutError);
  expect(await store.wait(["a"], { timeoutMs: 20 })).toEqual({ ready: [], pending: ["a"] });
  for (const timeoutMs of [-1, Number.NaN, "5" as unknown as number]) {
    expect(store.get("a", { timeoutMs })).rejects.toThrow(InvalidArgumentError);
    expect(() => store.getSync("a", { timeoutMs })).toThrow(InvalidArgumentError);
  }
});

test("what a wait is told is checked before anything is done, though it would not have to wait", async () => {
  const store = freshStore();
  const ref = store.put(1);
  const signal = AbortSignal.abort();
  expect(store.putAsync(1, { signal })).rejects.toThrow(AbortedError);
  expect(store.wait([ref], { signal })).rejects.toThrow(AbortedError);
  for (const timeoutMs of [-5, Number.NaN]) {
    expect(store.putAsync(1, { timeoutMs, name: "a" })).rejects.toThrow(InvalidArgumentError);
    expect(store.wait([ref], { timeoutMs })).rejects.toThrow(InvalidArgumentError);
  }
  await Bun.sleep(1);
  expect(store.contains("a")).toBe(false);
});

test("a wait whose last look fails is rejected with that", async () => {
  const waiting = new Waiting("s", () => new StoreClosedError("closed"));
  waiting.attach({ hold() {}, release() {}, rest() {} } as unknown as Loop);
  const late = () => {
    throw new LockTimeoutError("stopped");
  };
  expect(await waiting.until(() => false, { timeoutMs: 1 }, late).catch(error => error)).toBeInstanceOf(
    LockTimeoutError,
  );
  expect(waiting.size).toBe(0);
});

test("without its bell nothing waits in vain", async () => {
  let failed: PlasmidError | undefined;
  const segment = { name: "s", at: 0, core: { plasmid_wake_fd: () => 999_999 }, must: (fd: number) => fd };
  const wakeful = { look() {}, destroyed() {}, failed: (error: PlasmidError) => (failed = error) };
  const fake = segment as unknown as Segment;
  const loop = new Loop(fake, wakeful, new Strays(fake), new Collector(fake));
  for (let i = 0; i < 100 && failed === undefined; i++) await Bun.sleep(1);
  expect(failed).toBeInstanceOf(SystemError);
  expect(() => loop.hold()).toThrow(SystemError);
});

test("nobody looks for the dead after the last wait is over", async () => {
  const store = freshStore();
  await store.get("nothing", { timeoutMs: 5 }).catch(() => {});
  await Bun.sleep(400);
  const before = switches();
  await Bun.sleep(1000);
  const after = switches();
  const most = Math.max(...[...after].map(([thread, count]) => count - (before.get(thread) ?? count)));
  expect(most).toBeLessThan(8); // 10 were it every 100 ms
});

// How often each other thread of this process slept.
function switches(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const thread of readdirSync("/proc/self/task")) {
    if (thread === String(process.pid)) continue;
    const status = readFileSync(`/proc/self/task/${thread}/status`, "utf8");
    if (!status.startsWith("Name:\tplasmid")) continue;
    counts.set(thread, Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)![1]));
  }
  return counts;
}

test("signals: aborted before, while, and after", async () => {
  const store = freshStore();
  const reason = new Error("enough");
  expect(store.get("a", { signal: AbortSignal.abort(reason) })).rejects.toThrow(AbortedError);
  const controller = new AbortController();
  const { signal } = controller;
  const got = store.get("a", { signal }).catch(error => error);
  const waited = store.wait(["a"], { signal }).catch(error => error);
  const put = store.get(["b"], { signal, timeoutMs: 10_000 }).catch(error => error);
  await Bun.sleep(2);
  controller.abort(reason);
  for (const error of [await got, await waited, await put]) {
    expect(error).toBeInstanceOf(AbortedError);
    expect(error.code).toBe("ERR_PLASMID_ABORTED");
    expect(error.cause).toBe(reason);
  }
  store.put(1, { name: "a" });
  const late = new AbortController();
  expect(await store.get("a", { signal: late.signal })).toBe(1);
  late.abort();
});

test("what is no signal is refused before anything is done", async () => {
  const store = freshStore();
  const ref = store.put(1);
  for (const signal of [5, "now", {}, new EventTarget()] as unknown as AbortSignal[]) {
    const options = { signal, name: "a", timeoutMs: 10 };
    for (const work of [
      () => store.get("b", options),
      () => store.get(ref, options),
      () => store.get(["b"], options),
      () => store.wait(["b"], options),
      () => store.wait([ref], options),
      () => store.putAsync(1, options),
    ]) {
      expect(await work().catch(error => error)).toBeInstanceOf(InvalidArgumentError);
    }
    expect(() => store.subscribe({ signal })).toThrow(InvalidArgumentError);
  }
  expect(store.contains("a")).toBe(false);
  expect(store.stats().subscribers).toBe(0);
  const waiting = store.get("b").catch(error => error);
  store.close();
  expect(await waiting).toBeInstanceOf(StoreClosedError);
});

test("options that are null are none", async () => {
  const none = null as unknown as undefined;
  using store = Store.open(freshStore().name, { directory, mustExist: true });
  expect(store.peek(store.put(1, none))).toBe(1);
  expect(store.putMany([1, 2], none).length).toBe(2);
  expect(store.putMany([1], { names: none }).length).toBe(1);
  expect(store.peek(store.put(new Uint8Array(40_000), none))!.length).toBe(40_000);
  const ref = await store.putAsync(2, none);
  expect(await store.get(ref, none)).toBe(2);
  expect(await store.get([ref], none)).toEqual([2]);
  expect(await store.get(ref, { signal: none, timeoutMs: none })).toBe(2);
  expect(store.getSync(ref, none)).toBe(2);
  expect((await store.wait([ref], none)).ready).toEqual([ref]);
  store.allocate(Uint8Array, 10, none).abort();
  store.allocateUnsafe(Uint8Array, 0, none).abort();
  await store.subscribe(none).return();
  await store.subscribe({ signal: none, kinds: none }).return();
  expect(() => store.subscribe({ kinds: 5 as unknown as [] })).toThrow(InvalidArgumentError);
  expect(() => Store.open("relative/..", none)).toThrow(BadNameError);
  expect(Store.list(none)).toBeInstanceOf(Array);
});

test("a get of a draft waits for its seal, and fails with its abort", async () => {
  const store = freshStore();
  const one = store.allocate(Uint8Array, 10);
  const two = store.allocate(Uint8Array, 100_000);
  const first = store.get(one.ref);
  const second = store.get(two.ref).catch(error => error);
  expect(store.peek(one.ref)).toBeUndefined();
  await Bun.sleep(2);
  one.view.fill(4);
  one.seal();
  expect((await first)[9]).toBe(4);
  two.abort();
  expect(await second).toBeInstanceOf(ObjectLostError);
});

test("wait: counts, orders, and what is gone is ready", async () => {
  const store = freshStore();
  const drafts = Array.from({ length: 5 }, () => store.allocate(Uint8Array, 10));
  const refs = drafts.map(draft => draft.ref);
  drafts[3]!.seal();
  expect(await store.wait(refs, { count: 1 })).toEqual({ ready: [refs[3]!], pending: [0, 1, 2, 4].map(i => refs[i]!) });
  const two = store.wait(refs, { count: 3, timeoutMs: 5000 });
  await Bun.sleep(2);
  drafts[4]!.seal();
  await Bun.sleep(2);
  drafts[0]!.abort();
  expect((await two).ready).toEqual([refs[0]!, refs[3]!, refs[4]!]);
  expect((await store.wait([], {})).ready).toEqual([]);
  expect(store.wait(refs, { count: 6 })).rejects.toThrow(InvalidArgumentError);
  expect((await store.wait(refs, { timeoutMs: 0 })).pending.length).toBe(2);
  store.put(1, { name: "n" });
  expect((await store.wait(["n", refs[1]!], { count: 1 })).ready).toEqual(["n"]);
});

test("a thousand waits at once", async () => {
  const store = freshStore();
  const waiting = Array.from({ length: 1000 }, (_, i) => store.get(`n/${i}`));
  await Bun.sleep(1);
  store.putMany(
    waiting.map((_, i) => i),
    { names: waiting.map((_, i) => `n/${i}`) },
  );
  expect(await Promise.all(waiting)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});

test("woken from another process, by name and by ref", async () => {
  const store = freshStore();
  const child = startProcess(
    async ({ plasmid, say, hear }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      const draft = store.allocate(Float64Array, 100_000);
      say(draft.ref.toString());
      await hear();
      draft.view.fill(7);
      draft.seal();
      store.put({ hello: "world" }, { name: "greeting" });
      await hear();
    },
    store.name,
    directory,
  );
  const draft = store.parse<Float64Array>(await child.line());
  const waiting = Promise.all([store.get("greeting"), store.get(draft)]);
  await Bun.sleep(20);
  child.send("go");
  const [greeting, array] = await waiting;
  expect(greeting).toEqual({ hello: "world" });
  expect(array[99_999]).toBe(7);
  store.check();
});

test("getSync blocks until another process puts it", async () => {
  const store = freshStore();
  startProcess(
    async ({ plasmid }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      await Bun.sleep(50);
      store.put("there", { name: "n" });
      await Bun.sleep(10_000);
    },
    store.name,
    directory,
  );
  expect(store.getSync("n", { timeoutMs: 10_000 }) as string).toBe("there");
});

test("a Worker blocks in getSync while this thread seals", async () => {
  const store = freshStore();
  const worker = startWorker(
    async ({ plasmid, say }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      say("ready");
      const value = store.getSync<Float64Array>("n", { timeoutMs: 10_000 });
      say(value[5]);
      store.close();
    },
    store.name,
    directory,
  );
  await worker.next();
  await Bun.sleep(20);
  store.put(new Float64Array(10).fill(3), { name: "n" });
  expect(await worker.next<number>()).toBe(3);
  await worker.end();
});

test("the creator of an awaited draft is killed: lost", async () => {
  const store = freshStore();
  const child = startProcess(
    async ({ plasmid, say, hear }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      const draft = store.allocate(Float64Array, 1000);
      say(draft.ref.toString());
      await hear();
    },
    store.name,
    directory,
  );
  const waiting = store.get(store.parse(await child.line()), { timeoutMs: 10_000 }).catch(error => error);
  await child.kill();
  expect(await waiting).toBeInstanceOf(ObjectLostError);
  store.check();
});

test("closing and destroying end every wait", async () => {
  const store = freshStore();
  const other = sameStore(store);
  const closed = [store.get("a"), store.wait(["a"])].map(promise => promise.catch(error => error));
  const destroyed = [other.get("a"), other.wait(["a"])].map(promise => promise.catch(error => error));
  store.close();
  for (const error of await Promise.all(closed)) expect(error).toBeInstanceOf(StoreClosedError);
  Store.destroy(store.name, { directory });
  for (const error of await Promise.all(destroyed)) expect(error).toBeInstanceOf(StoreDestroyedError);
});

test("a pending get keeps a process alive, an open store does not", async () => {
  const store = freshStore();
  const idle = startProcess(
    ({ plasmid }, name, directory) => {
      plasmid.Store.open(name, { directory, mustExist: true });
      process.stdin.unref();
      setTimeout(() => process.exit(9), 20_000).unref();
    },
    store.name,
    directory,
  );
  const waiting = startProcess(
    ({ plasmid, say }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      store.get("n").then(value => say(value));
      say("waiting");
      process.stdin.unref();
    },
    store.name,
    directory,
  );
  expect(await idle.exited).toBe(0);
  expect(await waiting.line()).toBe("waiting");
  await Bun.sleep(50);
  store.put("done", { name: "n" });
  expect(await waiting.line()).toBe("done");
  expect(await waiting.exited).toBe(0);
});
