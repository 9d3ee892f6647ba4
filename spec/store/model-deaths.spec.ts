import { expect, test } from "bun:test";
import fc from "fast-check";
import { type ObjectInfo, type Store, StoreFullError } from "../../src/index.ts";
import { cleanUpAfterEach, collected, directory, freshStore, scaled, withSegment } from "./fresh.ts";
import { type Body, type Child, startProcess } from "./process.ts";

cleanUpAfterEach();

const ACTORS = 3;
const SPARE = 2;
const PRESS_BYTES = 64 * 1024;

/** The value is `{ text, bytes }`, with `length` bytes of `fill`: small ones lie in it, large ones beside it. */
interface Shape {
  text: string;
  length: number;
  fill: number;
}

type Request =
  | { act: "open"; name: string }
  | { act: "put"; shape: Shape; name?: string; replace?: boolean; pin?: boolean }
  | { act: "read" | "keep" | "pin" | "unpin" | "free"; ref: string }
  | { act: "read name"; name: string }
  | { act: "drop" | "close" };

/** What came of it: the ref that was made, the shape that was read, whether it was freed; or the error's code. */
interface Answer {
  code?: string;
  ref?: string;
  shape?: Shape & { uniform: boolean };
  freed?: boolean;
}

/** Does what it is told, on one store after the other. It keeps the refs that it made or was told to keep, and nothing else. */
const actor: Body<[string]> = async ({ plasmid, say, hear }, directory) => {
  type Request = { act: string; name?: string; ref?: string; shape?: Shape; replace?: boolean; pin?: boolean };
  type Value = { text: string; bytes: Uint8Array };
  let store: Store | undefined;
  const kept = new Map<string, InstanceType<typeof plasmid.ObjectRef>>();
  const shapeOf = ({ text, bytes }: Value) => {
    const fill = bytes[0]!;
    return { text, length: bytes.length, fill, uniform: bytes.every(byte => byte === fill) };
  };
  const close = () => {
    kept.clear();
    store?.close();
    store = undefined;
  };
  const does = ({ act, name, ref, shape, ...options }: Request): unknown => {
    if (act === "close") return close();
    if (act === "open") {
      close();
      store = plasmid.Store.open(name!, { directory, mustExist: true });
      return;
    }
    if (act === "drop") {
      kept.clear();
      return Bun.gc(true);
    }
    if (act === "read name") {
      const value = store!.peek<Value>(name!);
      return value && { shape: shapeOf(value) };
    }
    if (act === "put") {
      const value = { text: shape!.text, bytes: new Uint8Array(shape!.length).fill(shape!.fill) };
      const made = store!.put(value, { ...options, ...(name === undefined ? {} : { name }) });
      kept.set(made.toString(), made);
      return { ref: made.toString() };
    }
    const target = kept.get(ref!) ?? plasmid.ObjectRef.parse<Value>(ref!);
    if (act === "read") return { shape: shapeOf(store!.peek(target) as Value) };
    if (act === "keep") kept.set(ref!, store!.parse(ref!));
    else if (act === "pin") store!.pin(target);
    else if (act === "unpin") store!.unpin(target);
    else return { freed: store!.free(target) };
  };
  say("here");
  for (let line = await hear(); line !== undefined; line = await hear()) {
    const { id, ...request } = JSON.parse(line);
    try {
      say({ id, ...(does(request) ?? {}) });
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === undefined) throw error;
      say({ id, code });
    }
  }
};

/** The processes: some act, some wait to take the place of one that is killed. They outlive the stores. */
class Cast {
  readonly acting: Child[] = [];
  readonly #spare: Child[] = [];
  #id = 0;

  constructor() {
    for (let i = 0; i < ACTORS + SPARE; i++) this.#spare.push(startProcess(actor, directory));
  }

  /** Every actor opens the store. Who was left in disorder by a run that failed is put in order. */
  async begin(store: string): Promise<void> {
    while (this.acting.length < ACTORS) this.acting.push(await this.#next());
    for (const who of this.acting.keys()) await this.ask(who, { act: "open", name: store });
  }

  async ask(who: number, request: Request): Promise<Answer> {
    const id = this.send(who, request);
    for (;;) {
      const answer = await this.acting[who]!.json<Answer & { id: number }>();
      if (answer.id === id) return answer;
    }
  }

  send(who: number, request: Request): number {
    const id = this.#id++;
    this.acting[who]!.send(JSON.stringify({ id, ...request }));
    return id;
  }

  /** Another, which has nothing open, stands in its place afterwards. */
  async kill(who: number): Promise<void> {
    await this.acting[who]!.kill();
    this.acting[who] = await this.#next();
  }

  async #next(): Promise<Child> {
    this.#spare.push(startProcess(actor, directory));
    const child = this.#spare.shift()!;
    expect(await child.line()).toBe("here");
    return child;
  }
}

/** An object as it must be: it is there for sure while somebody alive keeps it, or it is pinned. */
interface Truth {
  ref: string;
  shape: Shape;
  fate: "there" | "freed" | "gone";
  pins: number;
  keepers: Set<number>;
}

class Model {
  readonly objects: Truth[] = [];
  readonly names = new Map<string, Truth>();

  made(ref: string, shape: Shape, { name, pin }: PutRequest, keepers: number[]): void {
    const truth: Truth = { ref, shape, fate: "there", pins: pin ? 1 : 0, keepers: new Set(keepers) };
    this.objects.push(truth);
    if (name !== undefined) this.names.set(name, truth);
  }

  ended(truth: Truth, fate: "freed" | "gone"): void {
    truth.fate = fate;
    for (const [name, bound] of this.names) if (bound === truth) this.names.delete(name);
  }

  /** It keeps nothing any more: it dropped all, closed or died. */
  keepsNothing(who: number): void {
    for (const { keepers } of this.objects) keepers.delete(who);
  }
}

interface Real {
  store: Store;
  cast: Cast;
}

type PutRequest = Extract<Request, { act: "put" }>;
type Command = fc.AsyncCommand<Model, Real>;

const CODES = { freed: "ERR_PLASMID_FREED", gone: "ERR_PLASMID_LOST" } as const;

/** What is there, by ref. */
function sealed(store: Store): Map<string, ObjectInfo> {
  return new Map([...store.objects()].filter(({ state }) => state === "sealed").map(info => [info.ref, info]));
}

/** The store is as the model says; what nobody keeps may have gone, and then stays so. */
function compare(model: Model, store: Store): void {
  store.check();
  const rows = sealed(store);
  for (const truth of model.objects) {
    const row = rows.get(truth.ref);
    rows.delete(truth.ref);
    const safe = truth.fate === "there" && (truth.pins > 0 || truth.keepers.size > 0);
    if (truth.fate === "there" && !safe && row === undefined) model.ended(truth, "gone");
    const there = truth.fate === "there";
    expect({ ref: truth.ref, there: row !== undefined }).toEqual({ ref: truth.ref, there });
    if (row === undefined) continue;
    const name = [...model.names].find(([, bound]) => bound === truth)?.[0];
    expect({ name: row.name, pins: row.pins }).toEqual({ name, pins: truth.pins });
    expect(row.handles).toBeGreaterThanOrEqual(truth.keepers.size);
  }
  expect([...rows.keys()]).toEqual([]);
}

/** A step, after which the store must be as the model says. */
function step(
  text: string,
  what: (model: Model, real: Real) => Promise<void> | void,
  when: (model: Model) => boolean = () => true,
): Command {
  return {
    check: when,
    run: async (model, real) => {
      await what(model, real);
      compare(model, real.store);
    },
    toString: () => text,
  };
}

/** Fills the store with drafts, for which all goes that may go, and gives them back. Returns how many there was room for. */
function press(store: Store): number {
  const drafts = [];
  try {
    for (;;) drafts.push(store.allocateUnsafe(Uint8Array, PRESS_BYTES));
  } catch (error) {
    if (!(error instanceof StoreFullError)) throw error;
  }
  for (const draft of drafts) draft.abort();
  return drafts.length;
}

const nameOf = fc.constantFrom("a", "b", "c/d");
const who = fc.nat({ max: ACTORS - 1 });
const index = fc.nat();
const shapeOf: fc.Arbitrary<Shape> = fc.record({
  text: fc.string({ maxLength: 20 }),
  length: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 30_000, max: 60_000 })),
  fill: fc.nat({ max: 255 }),
});
const putOf = fc
  .record({ shape: shapeOf, name: fc.option(nameOf), replace: fc.boolean(), pin: fc.boolean() })
  .map(({ name, ...rest }): PutRequest => ({ act: "put", ...rest, ...(name === null ? {} : { name }) }));

const some = (model: Model) => model.objects.length > 0;
const pick = (model: Model, i: number) => model.objects[i % model.objects.length]!;

/** The code that a call on an object that has ended gets. */
function codeOf({ fate }: Truth): string | undefined {
  return fate === "there" ? undefined : CODES[fate];
}

function onObject(act: "keep" | "pin" | "unpin") {
  return fc.tuple(who, index).map(([who, i]) =>
    step(
      `${who}: ${act} ${i}`,
      async (model, { cast }) => {
        const truth = pick(model, i);
        const { code } = await cast.ask(who, { act, ref: truth.ref });
        const unpinned = act === "unpin" && truth.pins === 0 ? "ERR_PLASMID_NOT_PINNED" : undefined;
        expect(code).toBe(codeOf(truth) ?? unpinned);
        if (code !== undefined) return;
        if (act === "keep") truth.keepers.add(who);
        else truth.pins += act === "pin" ? 1 : -1;
      },
      some,
    ),
  );
}

const commands = [
  fc.tuple(who, putOf).map(([who, put]) =>
    step(`${who}: ${JSON.stringify(put)}`, async (model, { cast }) => {
      const { code, ref } = await cast.ask(who, put);
      const taken = put.name !== undefined && model.names.has(put.name) && !put.replace;
      expect(code).toBe(taken ? "ERR_PLASMID_NAME_TAKEN" : undefined);
      if (ref !== undefined) model.made(ref, put.shape, put, [who]);
    }),
  ),
  fc.tuple(who, index).map(([who, i]) =>
    step(
      `${who}: read ${i}`,
      async (model, { cast }) => {
        const truth = pick(model, i);
        const { code, shape } = await cast.ask(who, { act: "read", ref: truth.ref });
        expect(code).toBe(codeOf(truth));
        if (code === undefined) expect(shape).toEqual({ ...truth.shape, uniform: true });
      },
      some,
    ),
  ),
  fc.tuple(who, nameOf).map(([who, name]) =>
    step(`${who}: read "${name}"`, async (model, { cast }) => {
      const { code, shape } = await cast.ask(who, { act: "read name", name });
      const bound = model.names.get(name);
      expect(code).toBeUndefined();
      expect(shape).toEqual(bound && { ...bound.shape, uniform: true });
    }),
  ),
  onObject("keep"),
  onObject("pin"),
  onObject("unpin"),
  fc.tuple(who, index).map(([who, i]) =>
    step(
      `${who}: free ${i}`,
      async (model, { cast }) => {
        const truth = pick(model, i);
        const { freed } = await cast.ask(who, { act: "free", ref: truth.ref });
        expect(freed).toBe(truth.fate === "there");
        if (freed) model.ended(truth, "freed");
      },
      some,
    ),
  ),
  who.map(who =>
    step(`${who}: drop all and collect`, async (model, { cast }) => {
      expect((await cast.ask(who, { act: "drop" })).code).toBeUndefined();
      model.keepsNothing(who);
    }),
  ),
  who.map(who =>
    step(`${who}: close and reopen`, async (model, { store, cast }) => {
      expect((await cast.ask(who, { act: "close" })).code).toBeUndefined();
      model.keepsNothing(who);
      compare(model, store);
      expect((await cast.ask(who, { act: "open", name: store.name })).code).toBeUndefined();
    }),
  ),
  fc.constant(
    step("press", (_, { store }) => {
      press(store);
    }),
  ),
  who.map(who =>
    step(`kill ${who}`, async (model, { store, cast }) => {
      await cast.kill(who);
      model.keepsNothing(who);
      compare(model, store);
      expect((await cast.ask(who, { act: "open", name: store.name })).code).toBeUndefined();
    }),
  ),
  fc.tuple(who, putOf, nameOf, fc.nat({ max: 300 })).map(([who, put, name, afterUs]) =>
    step(`kill ${who} ${afterUs} us into ${JSON.stringify({ ...put, name })}`, async (model, { store, cast }) => {
      const request = { ...put, name };
      cast.send(who, request);
      Bun.sleepSync(afterUs / 1000);
      await cast.kill(who);
      model.keepsNothing(who);
      // It happened, or it did not: if it did, it is under its name, and was allowed to be.
      const known = new Set(model.objects.map(({ ref }) => ref));
      const made = [...sealed(store).values()].filter(({ ref }) => !known.has(ref));
      expect(made.length).toBeLessThanOrEqual(1);
      for (const { ref } of made) {
        expect(put.replace || !model.names.has(name)).toBe(true);
        model.made(ref, put.shape, request, []);
      }
      compare(model, store);
      expect((await cast.ask(who, { act: "open", name: store.name })).code).toBeUndefined();
    }),
  ),
];

/** Everybody is killed: what is pinned is there, the rest goes when there is need, and all room is left after it is freed. */
async function end(model: Model, { store, cast }: Real, room: number): Promise<void> {
  for (let who = 0; who < ACTORS; who++) {
    await cast.kill(who);
    model.keepsNothing(who);
  }
  withSegment(store.name, segment => segment.core.plasmid_reap(segment.at));
  compare(model, store);
  expect(store.stats().clients).toBe(1);
  for (const { leases, handles } of store.objects()) expect({ leases, handles }).toEqual({ leases: 0, handles: 0 });
  press(store);
  compare(model, store);
  const pinned = model.objects.filter(({ fate, pins }) => fate === "there" && pins > 0);
  expect([...sealed(store).keys()].sort()).toEqual(pinned.map(({ ref }) => ref).sort());
  for (const { ref, shape } of pinned) {
    const target = store.parse<{ text: string; bytes: Uint8Array }>(ref);
    const expected = { text: shape.text, bytes: new Uint8Array(shape.length).fill(shape.fill) };
    expect(store.peek(target)).toEqual(expected);
    expect(store.free(target)).toBe(true);
  }
  expect(await collected(() => store.stats().objects === 0)).toBe(true);
  expect(press(store)).toBe(room);
  store.check();
}

test("processes that act and are killed do as a model of what must survive", async () => {
  const cast = new Cast();
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 50, size: "max" }), async steps => {
      const store = freshStore({ capacity: "4MiB", fullTimeoutMs: 0 });
      const room = press(store);
      await cast.begin(store.name);
      const model = new Model();
      const real = { store, cast };
      await fc.asyncModelRun(() => ({ model, real }), steps);
      await end(model, real, room);
      store.close();
    }),
    { numRuns: scaled(12) },
  );
}, 120_000);
