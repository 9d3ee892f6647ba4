import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Draft, FreedError, NameTakenError, NotPinnedError, type ObjectRef, type Store } from "../../src/index.ts";
import { cleanUpAfterEach, freshStore, scaled } from "./fresh.ts";

cleanUpAfterEach();

/** An object as it must be. The model always tells the truth. */
interface Truth {
  ref: ObjectRef;
  value: unknown;
  freed: boolean;
  pins: number;
}

interface OpenDraft {
  draft: Draft<Uint8Array<ArrayBuffer>>;
  name: string | undefined;
}

class Model {
  readonly objects: Truth[] = [];
  readonly names = new Map<string, Truth>();
  readonly drafts: OpenDraft[] = [];

  reserved(name: string): boolean {
    return this.names.has(name) || this.drafts.some(draft => draft.name === name);
  }
}

type Command = fc.Command<Model, Store>;

/** A step: `what` does it to the store and says how the model changes. */
function step(text: string, what: (model: Model, store: Store) => void, when?: (model: Model) => boolean): Command {
  return {
    check: model => when?.(model) ?? true,
    run: (model, store) => {
      what(model, store);
      expect(store.stats().objects).toBeGreaterThanOrEqual(model.objects.filter(({ freed }) => !freed).length);
    },
    toString: () => text,
  };
}

function pick<T>(list: readonly T[], n: number): T {
  return list[n % list.length]!;
}

const nameOf = fc.constantFrom("a", "b", "c/d", "é");
const anyValue = fc.oneof(
  // Bun takes two invalid dates, or two arrays with NaN in them, for different.
  fc
    .anything({ withMap: true, withSet: true, withBigInt: true, withDate: true })
    .filter(value => Bun.deepEquals(value, structuredClone(value))),
  fc.nat({ max: 70_000 }).map(bytes => new Uint8Array(bytes).fill(bytes)),
);
const index = fc.nat();

const commands = [
  anyValue.map(value =>
    step(`put ${fc.stringify(value).slice(0, 60)}`, (model, store) => {
      model.objects.push({ ref: store.put(value), value, freed: false, pins: 0 });
    }),
  ),
  fc.record({ value: anyValue, name: nameOf, replace: fc.boolean(), pin: fc.boolean() }).map(({ value, ...options }) =>
    step(`put ${JSON.stringify(options)}`, (model, store) => {
      const draft = model.drafts.some(({ name }) => name === options.name);
      if (draft || (!options.replace && model.names.has(options.name))) {
        expect(() => store.put(value, options)).toThrow(NameTakenError);
        return;
      }
      const truth = { ref: store.put(value, options), value, freed: false, pins: options.pin ? 1 : 0 };
      model.objects.push(truth);
      model.names.set(options.name, truth);
    }),
  ),
  fc.array(anyValue, { maxLength: 5 }).map(values =>
    step(`putMany ${values.length}`, (model, store) => {
      const refs = store.putMany(values);
      for (const [i, ref] of refs.entries()) model.objects.push({ ref, value: values[i], freed: false, pins: 0 });
    }),
  ),
  fc.array(index, { minLength: 1, maxLength: 400 }).map(indexes =>
    step(
      `put a container of ${indexes.length}`,
      (model, store) => {
        const refs = indexes.map(i => pick(model.objects, i));
        if (refs.some(({ freed }) => freed)) {
          expect(() => store.put(refs.map(({ ref }) => ref))).toThrow(FreedError);
          return;
        }
        const ref = store.put(refs.map(({ ref }) => ref));
        const back = store.peek(ref)!;
        expect(back.every((ref, i) => ref.equals(refs[i]!.ref))).toBe(true);
      },
      model => model.objects.length > 0,
    ),
  ),
  index.map(i =>
    step(
      `read ${i}`,
      (model, store) => {
        const truth = pick(model.objects, i);
        expect(store.contains(truth.ref)).toBe(!truth.freed);
        if (truth.freed) {
          expect(() => store.peek(truth.ref)).toThrow(FreedError);
          expect(() => store.lease(truth.ref)).toThrow(FreedError);
          return;
        }
        expect(store.peek(truth.ref)).toEqual(truth.value);
        using lease = store.lease(truth.ref);
        expect(lease.value).toEqual(truth.value);
        expect(store.getSync([truth.ref, truth.ref])).toEqual([truth.value, truth.value]);
      },
      model => model.objects.length > 0,
    ),
  ),
  nameOf.map(name =>
    step(`read "${name}"`, (model, store) => {
      const truth = model.names.get(name);
      expect(store.contains(name)).toBe(truth !== undefined);
      expect(store.peek(name)).toEqual(truth?.value);
      expect(store.find(name)?.equals(truth!.ref)).toBe(truth === undefined ? undefined : true);
    }),
  ),
  index.map(i =>
    step(
      `free ${i}`,
      (model, store) => {
        const truth = pick(model.objects, i);
        expect(store.free(truth.ref)).toBe(!truth.freed);
        truth.freed = true;
        for (const [name, bound] of model.names) if (bound === truth) model.names.delete(name);
      },
      model => model.objects.length > 0,
    ),
  ),
  nameOf.map(name =>
    step(`free "${name}"`, (model, store) => {
      const truth = model.names.get(name);
      expect(store.free(name)).toBe(truth !== undefined);
      if (truth !== undefined) truth.freed = true;
      model.names.delete(name);
    }),
  ),
  fc.tuple(index, fc.boolean()).map(([i, add]) =>
    step(
      `${add ? "pin" : "unpin"} ${i}`,
      (model, store) => {
        const truth = pick(model.objects, i);
        const call = () => (add ? store.pin(truth.ref) : store.unpin(truth.ref));
        if (truth.freed) expect(call).toThrow(FreedError);
        else if (!add && truth.pins === 0) expect(call).toThrow(NotPinnedError);
        else {
          call();
          truth.pins += add ? 1 : -1;
        }
      },
      model => model.objects.length > 0,
    ),
  ),
  fc.tuple(fc.nat({ max: 100_000 }), fc.option(nameOf, { nil: undefined })).map(([length, name]) =>
    step(`allocate ${length} ${name ?? ""}`, (model, store) => {
      if (name !== undefined && model.reserved(name)) {
        expect(() => store.allocate(Uint8Array, length, { name })).toThrow(NameTakenError);
        return;
      }
      const draft = store.allocate(Uint8Array, length, { name });
      draft.view.fill(length);
      model.drafts.push({ draft, name });
    }),
  ),
  fc.tuple(index, fc.boolean()).map(([i, seal]) =>
    step(
      `${seal ? "seal" : "abort"} ${i}`,
      (model, store) => {
        const [{ draft, name }] = model.drafts.splice(i % model.drafts.length, 1) as [OpenDraft];
        const value = draft.view.slice();
        if (!seal) {
          draft.abort();
          return;
        }
        const truth = { ref: draft.seal(), value, freed: false, pins: 0 };
        expect(store.peek(truth.ref)).toEqual(value);
        model.objects.push(truth);
        if (name !== undefined) model.names.set(name, truth);
      },
      model => model.drafts.length > 0,
    ),
  ),
  fc.constant(step("collect", () => Bun.gc(true))),
  fc.constant(step("check", (_, store) => store.check())),
];

test("a store does as a Map would", () => {
  const runs = scaled(60);
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 80, size: "max" }), steps => {
      const store = freshStore({ capacity: "64MiB" });
      const model = new Model();
      fc.modelRun(() => ({ model, real: store }), steps);
      for (const { ref, freed, pins } of model.objects) {
        const info = freed ? undefined : [...store.objects()].find(info => info.ref === ref.toString());
        if (!freed) expect(info?.pins).toBe(pins);
      }
      store.check();
      store.close();
    }),
    { numRuns: runs },
  );
}, 120_000);
