/** `await store.get` of a sealed object of 10 bytes. */
import { do_not_optimize } from "mitata";
import { endStore, newStore } from "../run/bench.ts";
import { inRounds, perSecond } from "../run/rounds.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

const store = newStore({ capacity: "16MiB" });
const ref = store.put({ id: 7, b: "xyz" });
const settled = Promise.resolve(1);

const { get, bare } = await inRounds({
  get: async count => {
    for (let i = 0; i < count; i++) do_not_optimize(await store.get(ref));
  },
  bare: async count => {
    for (let i = 0; i < count; i++) do_not_optimize(await settled);
  },
});
const measured = sampleOf(perSecond(get));
report({
  what: "await get of 10 bytes: an object of 2 fields",
  unit: "/s",
  measured,
  limit: { what: "a bare await", measured: sampleOf(perSecond(bare)) },
  ratio: sampleOf(quotients(bare, get)),
  goal: "over 1,500,000/s",
  reached: measured.median > 1_500_000,
});
endStore(store);
