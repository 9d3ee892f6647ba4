/** A peek of an array of 1 MiB that the process holds: each gives a view of its own. */
import { do_not_optimize } from "mitata";
import { endStore, newStore } from "../run/bench.ts";
import { inRounds, perSecond } from "../run/rounds.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

const store = newStore({ capacity: "16MiB" });
const ref = store.put(new Float64Array(131_072).fill(1.5));
const held = store.peek(ref)!;
const again = store.peek(ref)!;
if (again === held || again.buffer !== held.buffer)
  throw new Error("each peek must give a view of its own on one buffer");

const { peek, view } = await inRounds({
  peek: count => {
    for (let i = 0; i < count; i++) do_not_optimize(store.peek(ref));
  },
  view: count => {
    for (let i = 0; i < count; i++) do_not_optimize(new Float64Array(held.buffer, 0, held.length));
  },
});
const measured = sampleOf(perSecond(peek));
report({
  what: "peek of a held 1 MiB array",
  unit: "/s",
  measured,
  limit: { what: "a new view on its buffer", measured: sampleOf(perSecond(view)) },
  ratio: sampleOf(quotients(view, peek)),
  goal: "over 5,000,000/s",
  reached: measured.median > 5_000_000,
});
endStore(store);
