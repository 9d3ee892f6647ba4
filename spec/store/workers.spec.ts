import { expect, test } from "bun:test";
import { cleanUpAfterEach, directory, freshStore, scaled } from "./fresh.ts";
import { startWorker } from "./process.ts";

cleanUpAfterEach();

test("Workers put and get in one store beside this thread", async () => {
  const store = freshStore({ capacity: "32MiB" });
  const workers = Array.from({ length: 4 }, (_, id) =>
    startWorker(
      async ({ plasmid, say, hear }, name, directory, id, puts) => {
        const store = plasmid.Store.open(name, { directory, mustExist: true });
        const mine = Array.from({ length: 50 }, (_, i) => store.put(new Float64Array(5000).fill(id * 100 + i)));
        store.put(mine, { name: `worker/${id}`, pin: true });
        let sum = 0;
        for (let other = 0; other < 4; other++) {
          const refs = await store.get<typeof mine>(`worker/${other}`, { timeoutMs: 20_000 });
          for (const array of await store.get(refs)) sum += array[4999]!;
        }
        for (let i = 0; i < puts; i++) if (store.peek(store.put(i)) !== i) throw new Error("wrong");
        say(sum);
        await hear();
        store.close();
        say("closed");
      },
      store.name,
      directory,
      id,
      scaled(20_000),
    ),
  );
  const expected = [0, 1, 2, 3]
    .flatMap(id => Array.from({ length: 50 }, (_, i) => id * 100 + i))
    .reduce((a, b) => a + b);
  for (const worker of workers) expect(await worker.next<number>()).toBe(expected);
  expect(store.stats().clients).toBe(1);
  store.check();
  // One closes; the others' store goes on.
  workers[0]!.send("close");
  expect(await workers[0]!.next<string>()).toBe("closed");
  expect((store.peek("worker/0") as unknown[]).length).toBe(50);
  for (const worker of workers) await worker.end();
  expect((store.peek("worker/3") as unknown[]).length).toBe(50);
  expect(store.stats().clients).toBe(1);
  store.check();
}, 60_000);

test("a Worker's handles end with it, those of this thread don't", async () => {
  const store = freshStore();
  const mine = store.put("mine");
  const worker = startWorker(
    async ({ plasmid, say, hear }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      const refs = store.putMany(Array.from({ length: 300 }, (_, i) => i));
      say(refs.length);
      await hear();
      say(refs.length);
    },
    store.name,
    directory,
  );
  await worker.next();
  expect(store.stats().handles).toBeGreaterThanOrEqual(301);
  await worker.end();
  expect(store.stats().handles).toBe(1);
  expect(store.stats().evictable).toBe(300);
  expect(store.peek(mine)).toBe("mine");
  store.check();
});

test("a ref travels to a Worker as text", async () => {
  const store = freshStore();
  const worker = startWorker(
    async ({ plasmid, say, hear }, name, directory) => {
      const store = plasmid.Store.open(name, { directory, mustExist: true });
      const ref = plasmid.ObjectRef.parse<{ rows: Float64Array }>(await hear());
      say((await store.get(ref)).rows[1]);
      store.unpin(ref);
      store.close();
    },
    store.name,
    directory,
  );
  worker.send(store.put({ rows: new Float64Array(50_000).fill(6) }).export());
  expect(await worker.next<number>()).toBe(6);
  await worker.end();
  store.check();
});
