/** A wait on 1,000 refs: all there, and with one that comes while it waits. */
import { do_not_optimize } from "mitata";
import { endStore, newStore } from "../run/bench.ts";
import { inRounds, perSecond } from "../run/rounds.ts";
import { report } from "../run/row.ts";
import { sampleOf } from "../stats/sample.ts";

const store = newStore({ capacity: "64MiB" });
const refs = store.putMany(Array.from({ length: 1_000 }, (_, i) => i));

const { there, coming } = await inRounds({
  there: async count => {
    for (let i = 0; i < count; i++) do_not_optimize(await store.wait(refs));
  },
  coming: async count => {
    for (let i = 0; i < count; i++) {
      const draft = store.allocateUnsafe(Uint8Array, 8);
      const waiting = store.wait([...refs.slice(1), draft.ref]);
      draft.seal();
      do_not_optimize(await waiting);
    }
  },
});
const measured = sampleOf(perSecond(there));
report({
  what: "wait on 1,000 refs, all there",
  unit: "/s",
  measured,
  goal: "over 2,000/s",
  reached: measured.median > 2_000,
});
report({ what: "  the same, one sealed meanwhile", unit: "/s", measured: sampleOf(perSecond(coming)) });
endStore(store);
