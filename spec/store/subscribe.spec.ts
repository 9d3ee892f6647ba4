import { expect, test } from "bun:test";
import { getEventListeners } from "node:events";
import { InvalidArgumentError, type ObjectEvent, Store, type StoreEvent, type Subscription } from "../../src/index.ts";
import { cleanUpAfterEach, collected, directory, freshStore, sameStore, scaled, withSegment } from "./fresh.ts";
import { startProcess, startWorker } from "./process.ts";

cleanUpAfterEach();

/** Cells of the ring: an event without a name takes one. */
const RING = 16_384;

/** The next events until `enough`; fails rather than waits for ever. */
async function until(events: Subscription, enough: (all: StoreEvent[]) => boolean): Promise<StoreEvent[]> {
  const all: StoreEvent[] = [];
  const late = setTimeout(() => events.return(), 10_000);
  while (!enough(all)) {
    const { done, value } = await events.next();
    if (done) throw new Error(`only ${all.length} events: ${JSON.stringify(all.slice(-5))}`);
    all.push(value);
  }
  clearTimeout(late);
  return all;
}

const some = (count: number) => (all: StoreEvent[]) => all.length >= count;

test("what happens, in order, of this process and of another", async () => {
  const store = freshStore({ capacity: "1MiB" });
  store.put("before", { pin: true });
  const events = store.subscribe();
  const ref = store.put({ a: 1 });
  store.put(new Uint8Array(300_000), { name: "cache" });
  Bun.gc(true);
  const draft = store.allocate(Uint8Array, 100, { name: "draft" });
  draft.seal();
  store.free(ref);
  store.free("draft");
  store.allocate(Uint8Array, 900_000).abort(); // evicts the cache, and is never sealed
  const child = startProcess(
    async ({ plasmid, say, hear }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      store.put("theirs", { name: "theirs", pin: true });
      say("put");
      await hear();
    },
    store.name,
    directory,
  );
  await child.line();
  const all = (await until(events, some(7))) as ObjectEvent[];
  expect(all.map(({ kind, name }) => [kind, name])).toEqual([
    ["seal", undefined],
    ["seal", "cache"],
    ["seal", "draft"],
    ["free", undefined],
    ["free", "draft"],
    ["evict", "cache"],
    ["seal", "theirs"],
  ]);
  expect(all[0]!.ref).toBe(ref.toString());
  expect(all[3]!.ref).toBe(ref.toString());
  expect(all.slice(0, 6).every(({ pid }) => pid === process.pid)).toBe(true);
  expect(all[6]!.pid).toBe(child.pid);
  expect(all[1]!.bytes).toBeGreaterThanOrEqual(300_000);
  expect(Math.abs(Date.now() - all[6]!.time.getTime())).toBeLessThan(60_000);
  await child.kill();
  const [death] = await until(events, some(1));
  expect(death).toMatchObject({ kind: "death", pid: child.pid });
  await events.return();
  expect(store.stats().subscribers).toBe(0);
  store.check();
});

test("an event holds nothing, and its text is a ref", async () => {
  const store = freshStore();
  const events = store.subscribe({ kinds: ["seal"] });
  const other = sameStore(store);
  other.put([1, 2], { name: "x" });
  other.close();
  const [event] = (await until(events, some(1))) as ObjectEvent[];
  expect(store.holders("x")).toEqual([]);
  expect(store.peek(store.parse(event!.ref))).toEqual([1, 2]);
});

test("only the kinds that are asked for", async () => {
  const store = freshStore();
  const events = store.subscribe({ kinds: ["free", "evict"] });
  for (let i = 0; i < 2000; i++) {
    const ref = store.put(i);
    if (i % 1000 === 999) store.free(ref);
  }
  const all = await until(events, some(2));
  expect(all.map(({ kind }) => kind)).toEqual(["free", "free"]);
  expect(() => store.subscribe({ kinds: ["gap" as "free"] })).toThrow(InvalidArgumentError);
  expect(() => store.subscribe({ buffer: 0 })).toThrow(InvalidArgumentError);
  expect(store.stats().subscribers).toBe(1);
});

test("who is too slow knows how much it missed, to the last event", async () => {
  const store = freshStore({ capacity: "64MiB" });
  const events = store.subscribe({ buffer: 100 });
  const refs = Array.from({ length: 60_000 }, (_, i) => store.put(i));
  expect(store.stats().subscribers).toBe(1);
  const all = await until(events, found => (found.at(-1) as ObjectEvent)?.ref === refs.at(-1)!.toString());
  const gaps = all.filter(event => event.kind === "gap");
  expect(gaps.length).toBe(1);
  expect(all.length - 1 + gaps[0]!.missed).toBe(60_000);
  expect(all.length - 1).toBeGreaterThan(RING - 100);
  // Before and after the gap nothing is missing, and the order is the order of puts.
  const at = all.indexOf(gaps[0]!);
  const seals = all.filter((event): event is ObjectEvent => event.kind === "seal").map(({ ref }) => ref);
  expect(seals.slice(0, at)).toEqual(refs.slice(0, at).map(String));
  expect(seals.slice(at)).toEqual(refs.slice(at + gaps[0]!.missed).map(String));
  store.check();
});

test("names of any length go round the ring", async () => {
  const store = freshStore({ capacity: "16MiB" });
  const events = store.subscribe();
  const names = Array.from({ length: 6000 }, (_, i) => `${i}:${"é".repeat((i * 7) % 250)}`);
  const told: (string | undefined)[] = [];
  for (let i = 0; i < names.length; i += 1000) {
    for (const name of names.slice(i, i + 1000)) store.put(1, { name, pin: true });
    told.push(...((await until(events, some(1000))) as ObjectEvent[]).map(({ name }) => name));
  }
  expect(told).toEqual(names);
  store.check();
});

test("what exists, and then what happens: everything once, while two processes put", async () => {
  const store = freshStore({ capacity: "32MiB" });
  for (let i = 0; i < 3000; i++) store.put(i, { pin: true });
  const children = Array.from({ length: 2 }, () =>
    startProcess(
      async ({ plasmid, say, hear }, name, directory) => {
        const store = plasmid.Store.open(name, { directory, mustExist: true });
        const made: string[] = [];
        say("ready");
        await hear();
        const end = performance.now() + 150;
        while (performance.now() < end && made.length < 6_000) {
          const ref = store.put(made.length, made.length % 3 === 0 ? { pin: true } : undefined);
          store.pin(ref);
          made.push(String(ref));
          if (made.length % 7 === 0) store.free(ref);
          // So that who is told has a turn, too.
          if (made.length % 50 === 0) await Bun.sleep(0);
        }
        say(made);
        await hear();
      },
      store.name,
      directory,
    ),
  );
  for (const child of children) await child.line();
  for (const child of children) child.send("go");
  const told: { seen: Map<string, number>; ended: Set<string>; gaps: number }[] = [];
  const controllers: AbortController[] = [];
  const readers: Promise<void>[] = [];
  for (let turn = 0; turn < 6; turn++) {
    const controller = new AbortController();
    const mine = { seen: new Map<string, number>(), ended: new Set<string>(), gaps: 0 };
    const events = store.subscribe({ existing: true, buffer: 100_000, signal: controller.signal });
    controllers.push(controller);
    told.push(mine);
    readers.push(
      (async () => {
        for await (const event of events) {
          if (event.kind === "gap") mine.gaps += event.missed;
          else if (event.kind === "existing" || event.kind === "seal")
            mine.seen.set(event.ref, (mine.seen.get(event.ref) ?? 0) + 1);
          else if (event.kind !== "death") {
            // The end of what was never told would be a seal missed.
            expect(mine.seen.has(event.ref)).toBe(true);
            expect(mine.ended.has(event.ref)).toBe(false);
            mine.ended.add(event.ref);
          }
        }
      })(),
    );
    await Bun.sleep(20);
  }
  const made = new Set<string>();
  for (const child of children) for (const ref of await child.json<string[]>()) made.add(ref);
  expect(made.size).toBeGreaterThan(100);
  const there = [...store.objects()].filter(({ state }) => state === "sealed").map(({ ref }) => ref);
  await collected(() => told.every(({ seen, ended, gaps }) => gaps > 0 || seen.size - ended.size >= there.length), 200);
  for (const controller of controllers) controller.abort();
  await Promise.all(readers);
  for (const { seen, ended, gaps } of told) {
    expect(gaps).toBe(0);
    expect([...seen.values()].every(times => times === 1)).toBe(true);
    expect([...seen.keys()].filter(ref => !ended.has(ref)).sort()).toEqual(there.toSorted());
  }
  expect(store.stats().subscribers).toBe(0);
  store.check();
}, 30_000);

test("a store with room taken ahead is told of from the first put on", async () => {
  const store = freshStore({ capacity: "64MiB" });
  const other = sameStore(store);
  for (let i = 0; i < 100; i++) store.put(i);
  for (let i = 0; i < 100; i++) other.put(i);
  const events = store.subscribe({ existing: true });
  const refs = [store.put(1), other.put(2), store.put(3)].map(String);
  const all = (await until(events, some(203))) as ObjectEvent[];
  const last = all.slice(-3).map(({ ref }) => ref);
  expect(new Set(all.map(({ ref }) => ref)).size).toBe(203);
  // They may have been found existing; if not, they come last and in order.
  for (const ref of refs) expect(all.some(event => event.ref === ref)).toBe(true);
  expect(last.every(ref => typeof ref === "string")).toBe(true);
  await events.return();
  for (let i = 0; i < 200; i++) expect(store.peek(store.put(i))).toBe(i);
  store.check();
});

test("it ends with return, its signal, the store's close, its destruction", async () => {
  const ends: ((store: Store, events: Subscription, controller: AbortController) => unknown)[] = [
    (_, events) => events.return(),
    (_, events) => events[Symbol.asyncDispose](),
    (_, __, controller) => controller.abort(),
    store => store.close(),
    store => Store.destroy(store.name, { directory }),
  ];
  for (const end of ends) {
    const store = freshStore();
    const controller = new AbortController();
    const events = store.subscribe({ signal: controller.signal });
    store.put(1);
    expect((await events.next()).value).toMatchObject({ kind: "seal" });
    const next = events.next();
    await Bun.sleep(1);
    await end(store, events, controller);
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await events.next()).toEqual({ done: true, value: undefined });
    await events.return();
  }
  const store = freshStore();
  const events = store.subscribe({ signal: AbortSignal.abort() });
  store.put(1);
  expect((await events.next()).done).toBe(true);
  for await (const event of store.subscribe({ existing: true })) {
    expect(event.kind).toBe("existing");
    break;
  }
  expect(store.stats().subscribers).toBe(0);
});

test("a subscriber that is killed, or whose Worker is terminated, is no subscriber for long", async () => {
  const store = freshStore({ capacity: "64MiB" });
  const body = async (
    { plasmid, say, hear }: Parameters<Parameters<typeof startProcess>[0]>[0],
    name: string,
    directory: string,
  ) => {
    const store = plasmid.Store.open(name, { directory, mustExist: true });
    const events = store.subscribe();
    say("subscribed");
    await hear();
    await events.return();
  };
  const child = startProcess(body, store.name, directory);
  await child.line();
  expect(store.stats().subscribers).toBe(1);
  await child.kill();
  // Nobody waits for anything, so nobody looks for the dead: who writes round the ring does.
  for (let i = 0; i < RING + 10; i++) store.put(i);
  expect(store.stats().subscribers).toBe(0);
  store.check();

  const worker = startWorker(body, store.name, directory);
  await worker.next();
  expect(store.stats().subscribers).toBe(1);
  await worker.end();
  await collected(() => store.stats().subscribers === 0);
  expect(store.stats().subscribers).toBe(0);
  store.check();
});

test("a writer that is killed leaves no event that was not, and none untold", async () => {
  const rounds = scaled(10);
  const store = freshStore({ capacity: "2MiB" });
  const events = store.subscribe({ buffer: 2 ** 20 });
  for (let round = 0; round < rounds; round++) {
    const child = startProcess(
      async ({ plasmid, say }, name, directory) => {
        const store = plasmid.Store.open(name, { directory, mustExist: true });
        say("putting");
        for (let i = 0; ; i++) {
          store.put(new Uint8Array(i % 5000), { name: `${i % 50}`, replace: true });
          if (i % 20 === 0) await Bun.sleep(0);
        }
      },
      store.name,
      directory,
    );
    await child.line();
    await Bun.sleep(20);
    await child.kill();
  }
  store.put("last", { name: "last" });
  withSegment(store.name, ({ core, at }) => core.plasmid_reap(at));
  const all = await until(events, found => found.filter(({ kind }) => kind === "death").length === rounds);
  const there = new Set<string>();
  for (const event of all) {
    if (event.kind === "gap") throw new Error("a gap");
    if (event.kind === "death") continue;
    if (event.kind === "seal") there.add(event.ref);
    else expect(there.delete(event.ref)).toBe(true);
  }
  const sealed = [...store.objects()].filter(({ state }) => state === "sealed").map(({ ref }) => ref);
  expect([...there].sort()).toEqual(sealed.sort());
  store.check();
}, 30_000);

test("one that nobody has any more ends with the next collection", async () => {
  const store = freshStore();
  const { signal } = new AbortController();
  const subscribe = (count: number) => {
    for (let i = 0; i < count; i++) store.subscribe({ kinds: ["free"], signal: i % 2 === 0 ? signal : undefined });
  };
  // Without a turn of the loop: all but what the stack may still show.
  subscribe(100);
  Bun.gc(true);
  expect(store.stats().subscribers).toBeLessThan(10);
  expect(await collected(() => store.stats().subscribers === 0)).toBe(true);
  expect(await collected(() => getEventListeners(signal, "abort").length === 0)).toBe(true);
  // More than there can be at once, and none of them ended.
  for (let i = 0; i < 30; i++) {
    subscribe(100);
    Bun.gc(true);
    await Bun.sleep(0);
  }
  expect(await collected(() => store.stats().subscribers === 0)).toBe(true);
  store.check();
});

test("a pending next keeps it, and so does a loop over it", async () => {
  const store = freshStore();
  const next = store.subscribe({ kinds: ["free"] }).next();
  const told: string[] = [];
  const loop = (async () => {
    for await (const { kind } of store.subscribe({ kinds: ["free"] })) {
      told.push(kind);
      await Bun.sleep(5);
      if (told.length === 3) break;
    }
  })();
  for (let i = 0; i < 3; i++) {
    await collected(() => false, 5);
    store.free(store.put(i));
  }
  expect((await next).value).toMatchObject({ kind: "free" });
  await loop;
  expect(told.length).toBe(3);
  expect(await collected(() => store.stats().subscribers === 0)).toBe(true);
});

test("one that is ended and then collected ends once", async () => {
  const store = freshStore();
  for (let i = 0; i < 50; i++) await store.subscribe().return();
  const kept = store.subscribe({ kinds: ["free"] });
  await collected(() => false, 5);
  expect(store.stats().subscribers).toBe(1);
  store.free(store.put(1));
  expect((await kept.next()).value).toMatchObject({ kind: "free" });
  const other = sameStore(store);
  other.subscribe();
  other.close();
  await collected(() => false, 5);
  expect(store.stats().subscribers).toBe(1);
  store.check();
  await kept.return();
});

test("an open subscription does not keep a process alive, a pending next does", async () => {
  const store = freshStore();
  const child = startProcess(
    ({ plasmid, say }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      store.subscribe();
      say("over");
    },
    store.name,
    directory,
  );
  await child.line();
  const exited = Promise.race([child.exited, Bun.sleep(5000).then(() => "alive")]);
  expect(await exited).not.toBe("alive");
  expect(store.stats().subscribers).toBe(0);
});
