/** A wait on 1,000 refs: all there, and with one that comes while it waits; beside the same with promises of this process. */
import { do_not_optimize } from "mitata";
import { endStore, newStore } from "../run/bench.ts";
import { inRounds, perSecond } from "../run/rounds.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

const store = newStore({ capacity: "64MiB" });
const refs = store.putMany(Array.from({ length: 1_000 }, (_, i) => i));

const settled = Array.from({ length: 1_000 }, (_, i) => Promise.resolve(i));

const { there, coming, allSettled, oneSettles } = await inRounds({
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
  allSettled: async count => {
    for (let i = 0; i < count; i++) do_not_optimize(await Promise.all(settled));
  },
  oneSettles: async count => {
    for (let i = 0; i < count; i++) {
      const { promise, resolve } = Promise.withResolvers<number>();
      const waiting = Promise.all([...settled.slice(1), promise]);
      resolve(i);
      do_not_optimize(await waiting);
    }
  },
});
const measured = sampleOf(perSecond(there));
report({
  what: "wait on 1,000 refs, all there",
  unit: "/s",
  measured,
  limit: { what: "Promise.all of as many, settled", measured: sampleOf(perSecond(allSettled)) },
  ratio: sampleOf(quotients(allSettled, there)),
  goal: "over 2,000/s",
  reached: measured.median > 2_000,
});
report({
  what: "  the same, one sealed meanwhile",
  unit: "/s",
  measured: sampleOf(perSecond(coming)),
  limit: { what: "Promise.all, one settled meanwhile", measured: sampleOf(perSecond(oneSettles)) },
  ratio: sampleOf(quotients(oneSettles, coming)),
});
endStore(store);
