import { expect, test } from "bun:test";
import { cleanUpAfterEach, directory, freshStore } from "./fresh.ts";
import { type Body, startProcess } from "./process.ts";

cleanUpAfterEach();

/**
 * Acts at random for a while. Every value says what it must be: `{ name, by, n, bytes }`, where `bytes` are `n % 70_000` bytes of
 * `n % 251`, so whatever is read can be told from what it should be.
 */
const actor: Body<[string, string, number, number]> = async ({ plasmid, say }, name, directory, seed, ms) => {
  const store = plasmid.Store.open(name, { directory, mustExist: true, fullTimeoutMs: 2000 });
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  type Value = {
    name: string;
    by: number;
    n: number;
    bytes: Uint8Array;
    inner?: InstanceType<typeof plasmid.ObjectRef>;
  };
  const verify = (value: Value) => {
    const length = value.n % 70_000;
    if (value.bytes.length !== length) throw new Error(`${value.name}: ${value.bytes.length} of ${length} bytes`);
    for (let i = 0; i < length; i += 997) {
      if (value.bytes[i] !== value.n % 251) throw new Error(`${value.name}: byte ${i} is ${value.bytes[i]}`);
    }
  };
  const fine = new Set(["ERR_PLASMID_NAME_TAKEN", "ERR_PLASMID_FREED", "ERR_PLASMID_LOST", "ERR_PLASMID_NOT_PINNED"]);
  fine.add("ERR_PLASMID_NOT_FOUND").add("ERR_PLASMID_TIMED_OUT");
  const kept: InstanceType<typeof plasmid.ObjectRef>[] = [];
  const counts: Record<string, number> = { steps: 0 };
  const make = (name: string): Value => {
    const n = random(1_000_000);
    const inner = kept.length > 0 && random(4) === 0 ? kept[random(kept.length)] : undefined;
    const bytes = new Uint8Array(n % 70_000).fill(n % 251);
    return inner === undefined ? { name, by: seed, n, bytes } : { name, by: seed, n, bytes, inner };
  };
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const name = `n/${random(30)}`;
    const act = random(12);
    try {
      if (act < 3) store.put(make(name), { name, replace: random(2) === 0 });
      else if (act < 6) {
        const value = store.peek<Value>(name);
        if (value !== undefined) {
          verify(value);
          if (value.name !== name) throw new Error(`${name} gave ${value.name}`);
          if (value.inner !== undefined) verify(store.peek(value.inner) as Value);
        }
      } else if (act === 6) kept[random(20)] = store.put(make("kept"));
      else if (act === 7 && kept.length > 0) {
        const ref = kept[random(kept.length)];
        if (ref !== undefined) verify(store.peek(ref) as Value);
      } else if (act === 8) store.free(name);
      else if (act === 9) {
        using lease = store.lease<Value>(name);
        verify(lease.value);
      } else if (act === 10) {
        const ref = store.find<Value>(name);
        if (ref !== undefined) verify((await store.get(ref, { timeoutMs: 1000 })) as Value);
      } else {
        using draft = store.allocate(Uint8Array, random(50_000));
        if (random(2) === 0) draft.seal();
      }
      counts.steps!++;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === undefined || !fine.has(code)) throw error;
      counts[code] = (counts[code] ?? 0) + 1;
    }
    for (let i = 0; i < kept.length; i++) kept[i] ??= kept.find(Boolean)!;
  }
  store.close();
  say(counts);
};

test("processes act at random on one store, under the checker", async () => {
  const store = freshStore({ capacity: "16MiB" });
  const ms = 4000;
  const children = [11, 22, 33, 44].map(seed => startProcess(actor, store.name, directory, seed, ms));
  const ended = Promise.all(children.map(child => child.json<{ steps: number }>()));
  let checks = 0;
  let over = false;
  ended.finally(() => {
    over = true;
  });
  while (!over) {
    store.check();
    checks++;
    await Bun.sleep(20);
  }
  for (const { steps } of await ended) expect(steps).toBeGreaterThan(100);
  for (const child of children) expect(await child.exited).toBe(0);
  expect(checks).toBeGreaterThan(10);
  store.check();
  expect(store.stats().quarantinedTotal).toBe(0);
}, 120_000);
