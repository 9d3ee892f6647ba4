/** A get of a value that holds 10,000 refs. */
import { do_not_optimize } from "mitata";
import { endStore, newStore } from "../run/bench.ts";
import { inRounds, perSecond } from "../run/rounds.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

class Five {
  constructor(
    readonly slot: number,
    readonly a: number,
    readonly b: number,
    readonly c: number,
    readonly d: number,
  ) {}
}

const store = newStore({ capacity: "64MiB" });
const refs = store.putMany(Array.from({ length: 10_000 }, (_, i) => i));
const list = store.put(refs);

const { get, objects } = await inRounds({
  get: async count => {
    for (let i = 0; i < count; i++) do_not_optimize(await store.get(list));
  },
  objects: count => {
    for (let i = 0; i < count; i++) do_not_optimize(refs.map(ref => new Five(ref.slot, ref.a, ref.b, ref.c, ref.d)));
  },
});
const measured = sampleOf(perSecond(get));
report({
  what: "get of a value that holds 10,000 refs",
  unit: "/s",
  measured,
  limit: { what: "10,000 objects of 5 fields", measured: sampleOf(perSecond(objects)) },
  ratio: sampleOf(quotients(objects, get)),
  goal: "over 500/s",
  reached: measured.median > 500,
});
endStore(store);
