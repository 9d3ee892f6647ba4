/** What names cost: getting by one, putting under one that is new, and putting in place of what had it; each beside the same without. */
import { do_not_optimize } from "mitata";
import { endStore, newStore } from "../run/bench.ts";
import { inRounds, perSecond } from "../run/rounds.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

const VALUE = { id: 7, b: "xyz" };
const store = newStore({ capacity: "16MiB" });
const ref = store.put(VALUE, { name: "models/current", pin: true });
// Until it evicts: from here on each put takes another's place.
while (store.stats().evictedTotal === 0) for (let i = 0; i < 1_000; i++) store.put(VALUE);

let next = 0;
const ns = await inRounds({
  peekRef: count => {
    for (let i = 0; i < count; i++) do_not_optimize(store.peek(ref));
  },
  peekName: count => {
    for (let i = 0; i < count; i++) do_not_optimize(store.peek("models/current"));
  },
  put: count => {
    for (let i = 0; i < count; i++) store.put(VALUE);
  },
  putName: count => {
    for (let i = 0; i < count; i++) store.put(VALUE, { name: `models/${next++}` });
  },
  replace: count => {
    for (let i = 0; i < count; i++) store.put(VALUE, { name: "latest", replace: true });
  },
});
endStore(store);

for (const [what, named, without, limit] of [
  ["peek by name", ns.peekName, ns.peekRef, "by ref"],
  ["put under a new name, the store full", ns.putName, ns.put, "without a name"],
  ["put in place of what has the name", ns.replace, ns.put, "without a name"],
] as const) {
  report({
    what,
    unit: "/s",
    measured: sampleOf(perSecond(named)),
    limit: { what: limit, measured: sampleOf(perSecond(without)) },
    ratio: sampleOf(quotients(without, named)),
  });
}
