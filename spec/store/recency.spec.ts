import { expect, test } from "bun:test";
import fc from "fast-check";
import { ObjectNotFoundError, ObjectRef } from "../../src/index.ts";
import { Code } from "../../src/native/code.ts";
import { Segment } from "../../src/native/segment.ts";
import { cleanUpAfterEach, directory, freshStore, sameStore, scaled, withSegment } from "./fresh.ts";
import { startProcess } from "./process.ts";

cleanUpAfterEach();

type Ref = [slot: number, a: number, b: number, c: number, d: number];

/** An object as the model knows it. */
interface Known {
  ref: Ref;
  tokens: number[];
  pins: number;
}

/**
 * A naive cache over the core's own calls, where a handle ends when it is told to and not when a collector gets to it. `unheld` has
 * what nobody holds, the least recently used first.
 */
class Trace {
  readonly #segment: Segment;
  readonly #sizeOf: (n: number) => number;
  readonly known: Known[] = [];
  unheld: Known[] = [];
  evicted = 0;

  constructor(segment: Segment, sizeOf: (n: number) => number) {
    this.#segment = segment;
    this.#sizeOf = sizeOf;
  }

  /** Puts one, and gives how many had to go for it; those must be the first ones. False: what is held left no room. */
  put(n: number): boolean {
    const { core, at, words } = this.#segment;
    const token = core.plasmid_put_small(at, this.#sizeOf(n));
    if (token !== Code.STORE_FULL) {
      this.#segment.must(token);
      this.known.push({ ref: [...words.subarray(0, 5)] as Ref, tokens: [token], pins: 0 });
    }
    const gone = this.unheld.findIndex(object => core.plasmid_state(at, ...object.ref) === 0);
    const count = gone < 0 ? this.unheld.length : gone;
    for (const object of this.unheld.splice(0, count)) this.known.splice(this.known.indexOf(object), 1);
    this.evicted += count;
    return token > 0;
  }

  step(what: string, n: number): void {
    if (what === "put") {
      this.put(n);
      return;
    }
    if (this.known.length === 0) return;
    const object = this.known[n % this.known.length]!;
    const { core, at } = this.#segment;
    const { ref } = object;
    if (what === "peek") this.#segment.must(core.plasmid_peek(at, ...ref));
    if (what === "refresh") this.#segment.must(core.plasmid_refresh(at, ...ref));
    if (what === "lease") this.#segment.must(core.plasmid_lease(at, ...ref));
    if (what === "hold") object.tokens.push(this.#segment.must(core.plasmid_hold(at, ...ref)));
    if (what === "drop" && object.tokens.length > 0) core.plasmid_forget(at, object.tokens.pop()!);
    if (what === "pin") {
      this.#segment.must(core.plasmid_pin(at, ...ref));
      object.pins++;
    }
    if (what === "unpin" && object.pins > 0) {
      this.#segment.must(core.plasmid_unpin(at, ...ref));
      object.pins--;
    }
    this.#move(what, object);
  }

  // The model: what is used, or let go of by the last one, is the most recently used from then on.
  #move(what: string, object: Known): void {
    const was = this.unheld.indexOf(object);
    const held = object.tokens.length > 0 || object.pins > 0;
    const used = what === "peek" || what === "refresh" || what === "lease";
    if (was >= 0 && (held || used)) this.unheld.splice(was, 1);
    if (!held && (was < 0 || used)) this.unheld.push(object);
  }

  /** What is held is there, and so is all that nobody holds and the model has. */
  agree(): void {
    const { core, at } = this.#segment;
    for (const { ref } of this.known) expect(core.plasmid_state(at, ...ref)).toBe(0);
  }
}

const steps = fc.array(
  fc.tuple(
    fc.constantFrom("put", "put", "put", "drop", "drop", "drop", "peek", "refresh", "lease", "hold", "pin", "unpin"),
    fc.nat(),
  ),
  { minLength: 40, maxLength: 160, size: "max" },
);

/** Runs a trace in a store of its own; `after` each step. */
function trace(
  options: Parameters<typeof freshStore>[0],
  sizeOf: (n: number) => number,
  list: [string, number][],
  after: (trace: Trace) => void,
): number {
  const store = freshStore(options);
  const evicted = withSegment(store.name, segment => {
    const model = new Trace(segment, sizeOf);
    for (const [what, n] of list) {
      model.step(what, n);
      model.agree();
      after(model);
    }
    return model.evicted;
  });
  store.check();
  store.close();
  return evicted;
}

test("of equal objects the least recently used goes, and no other, and not before it must", () => {
  const fits = 17;
  let evicted = 0;
  const check = fc.property(steps, list => {
    let before = 0;
    evicted += trace(
      { capacity: "1MiB" },
      () => 60_000,
      list,
      ({ known, evicted: gone }) => {
        expect(known.length).toBeLessThanOrEqual(fits);
        // Each that went made room for one: the store is full then.
        if (gone > before) expect(known.length).toBe(fits);
        before = gone;
      },
    );
  });
  fc.assert(check, { numRuns: Math.max(20, scaled(150)) });
  expect(evicted).toBeGreaterThan(10);
}, 60_000);

test("of objects of any size those that go are the least recently used", () => {
  let evicted = 0;
  const check = fc.property(steps, list => {
    evicted += trace(
      { capacity: "1MiB" },
      n => 25_000 + ((n * 7919) % 40_000),
      list,
      () => {},
    );
  });
  fc.assert(check, { numRuns: Math.max(20, scaled(150)) });
  expect(evicted).toBeGreaterThan(10);
}, 60_000);

test("small puts take room ahead, of the least recently used too", () => {
  const store = freshStore({ capacity: "2MiB", maxObjects: 8192 });
  withSegment(store.name, segment => {
    const model = new Trace(segment, n => 1 + (n % 60));
    let random = 1;
    for (let i = 0; i < 12_000; i++) {
      expect(model.put(i)).toBe(true);
      model.step("drop", model.known.length - 1);
      random = (random * 48_271) % 2_147_483_647;
      // Some of the oldest are used again and again, and stay for it.
      if (i % 3 === 0) model.step(random % 2 === 0 ? "peek" : "refresh", random % 40);
    }
    model.agree();
    expect(model.evicted).toBeGreaterThan(3000);
    // Taken ahead: 32 at a time.
    expect(model.known.length).toBeGreaterThan(8192 - 64);
  });
  store.check();
});

test("gets count while another process has the lock", async () => {
  const store = freshStore({ capacity: "1MiB" });
  const child = startProcess(
    async ({ Segment, say, hear }, name, directory) => {
      const settings = { capacity: 0, maxObjects: 0, maxClients: 0, lockTimeoutMs: 0, flags: 0 };
      const segment = Segment.open(directory, name, settings);
      say("ready");
      await hear();
      say("holding");
      segment.core.plasmid_test_hold_lock(segment.at, 300);
      say("done");
    },
    store.name,
    directory,
  );
  await child.line();
  const settings = { capacity: 0, maxObjects: 0, maxClients: 0, lockTimeoutMs: 0, flags: 0 };
  const segment = Segment.open(directory, store.name, settings);
  const { core, at, words } = segment;
  const refs = Array.from({ length: 15 }, () => {
    const token = core.plasmid_put_small(at, 60_000);
    const ref = [...words.subarray(0, 5)] as Ref;
    core.plasmid_forget(at, token);
    return ref;
  });
  child.send("hold");
  await child.line();
  await Bun.sleep(20);
  // The oldest three are read while somebody else has the lock, and in this order.
  for (const i of [2, 0, 1]) expect(core.plasmid_peek(at, ...refs[i]!)).toBe(60_000);
  await child.line();
  const there = () => refs.flatMap((ref, i) => (core.plasmid_state(at, ...ref) === 0 ? [i] : []));
  const order: number[] = [];
  let left = there();
  while (left.length > 0) {
    core.plasmid_forget(at, core.plasmid_put_small(at, 60_000));
    const now = there();
    order.push(...left.filter(i => !now.includes(i)));
    left = now;
  }
  expect(order).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 2, 0, 1]);
  segment.close();
  store.check();
});

test("refresh holds nothing, and says what is not there", () => {
  const store = freshStore({ capacity: "1MiB" });
  const other = sameStore(store);
  const text = store.put(new Uint8Array(100_000), { name: "a" }).toString();
  expect(() => store.refresh("nothing")).toThrow(ObjectNotFoundError);
  expect(() => store.refresh(5 as unknown as string)).toThrow();
  const parsed = ObjectRef.parse(text);
  store.close();
  other.refresh(parsed);
  other.refresh("a");
  expect(other.holders(parsed)).toEqual([]);
  for (let i = 0; i < 30; i++) {
    // What is put is dropped at once: only "a" is used again each time.
    withSegment(store.name, ({ core, at }) => core.plasmid_forget(at, core.plasmid_put_small(at, 60_000)));
    other.refresh("a");
  }
  expect(other.contains("a")).toBe(true);
  other.check();
});
