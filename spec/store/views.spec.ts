import { expect, test } from "bun:test";
import { cleanUpAfterEach, collected, directory, freshStore } from "./fresh.ts";
import { startWorker } from "./process.ts";

cleanUpAfterEach();

test("a view keeps its object exactly as long as it lives", async () => {
  const store = freshStore();
  let view: Uint8Array | null = store.peek(store.put(new Uint8Array(1_000_000).fill(1)))!;
  // Its ref is gone; room is short: whatever nothing holds would be evicted.
  const press = () => {
    for (let i = 0; i < 40; i++) store.put(new Uint8Array(500_000).fill(2));
  };
  press();
  Bun.gc(true);
  press();
  expect(store.stats().leases).toBeGreaterThan(0);
  expect(view.every(byte => byte === 1)).toBe(true);
  view = null;
  expect(await collected(() => store.stats().leases === 0)).toBe(true);
  store.check();
});

test("also after transfer()", async () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(1_000_000).fill(1));
  let moved: ArrayBuffer | null = (store.peek(ref)!.buffer as ArrayBuffer).transfer();
  store.free(ref);
  for (let i = 0; i < 60; i++) store.put(new Uint8Array(500_000).fill(2));
  Bun.gc(true);
  expect(store.stats().leases).toBe(1);
  expect(new Uint8Array(moved).every(byte => byte === 1)).toBe(true);
  moved = null;
  expect(await collected(() => store.stats().leases === 0)).toBe(true);
  store.check();
});

test("also when a Worker has it, and when the Worker is terminated", async () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(1_000_000).fill(1));
  const worker = startWorker(async ({ say, hear }) => {
    const buffer = (await hear()) as unknown as ArrayBuffer;
    const bytes = new Uint8Array(buffer);
    say("here");
    await hear();
    say(bytes.every(byte => byte === 1));
    await hear();
  });
  const buffer = store.peek(ref)!.buffer as ArrayBuffer;
  worker.send(buffer, [buffer]);
  expect(buffer.detached).toBe(true);
  expect(await worker.next<string>()).toBe("here");
  store.free(ref);
  for (let i = 0; i < 60; i++) store.put(new Uint8Array(500_000).fill(2));
  Bun.gc(true);
  expect(store.stats().leases).toBe(1);
  worker.send("look");
  expect(await worker.next<boolean>()).toBe(true);
  await worker.end();
  expect(await collected(() => store.stats().leases === 0, 200)).toBe(true);
  store.check();
});

test("a Worker's own views end with it", async () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(1_000_000).fill(1));
  const worker = startWorker(
    async ({ plasmid, say, hear }, name, directory, text) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      const view = store.peek(plasmid.ObjectRef.parse<Uint8Array>(text))!;
      say(view[0]);
      await hear();
      say(view[1]);
    },
    store.name,
    directory,
    ref.toString(),
  );
  expect(await worker.next<number>()).toBe(1);
  expect(store.stats().leases).toBe(1);
  await worker.end();
  expect(await collected(() => store.stats().leases === 0, 200)).toBe(true);
  store.check();
});

test("views outlive close() and destroy()", () => {
  const store = freshStore();
  const view = store.peek(store.put(new Uint8Array(1_000_000).fill(1)))!;
  store.close();
  expect(view.every(byte => byte === 1)).toBe(true);
  const other = freshStore();
  for (let i = 0; i < 60; i++) other.put(new Uint8Array(500_000).fill(2));
  Bun.gc(true);
  expect(view.every(byte => byte === 1)).toBe(true);
});

test("what is dropped in a synchronous loop is given back in it", () => {
  const store = freshStore({ capacity: "8MiB" });
  let sum = 0;
  for (let i = 0; i < 2000; i++) {
    const ref = store.put(new Uint8Array(1_000_000).fill(i));
    sum += store.peek(ref)![999_999]!;
  }
  expect(sum).toBe(Array.from({ length: 2000 }, (_, i) => i % 256).reduce((a, b) => a + b));
  store.check();
}, 60_000);
