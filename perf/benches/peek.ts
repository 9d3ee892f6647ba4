/** A peek of a sealed object of 10 bytes, decoded. */
import { do_not_optimize } from "mitata";
import { endStore, newStore } from "../run/bench.ts";
import { nothing } from "../run/limits.ts";
import { inRounds, perSecond } from "../run/rounds.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

const GOAL = 3_000_000;
const store = newStore({ capacity: "16MiB" });
const VALUES = {
  "an object of 2 fields": { id: 7, b: "xyz" },
  "a text": "plasmid-9",
  "an array of 9 numbers": [1, 2, 3, 4, 5, 6, 7, 8, 9],
};

for (const [name, value] of Object.entries(VALUES)) {
  const ref = store.put<unknown>(value);
  const { peek, call } = await inRounds({
    peek: count => {
      for (let i = 0; i < count; i++) do_not_optimize(store.peek(ref));
    },
    call: count => {
      for (let i = 0; i < count; i++) do_not_optimize(nothing(i, 1, 2, 3));
    },
  });
  const measured = sampleOf(perSecond(peek));
  report({
    what: `peek of 10 bytes: ${name}`,
    unit: "/s",
    measured,
    limit: { what: "an FFI call", measured: sampleOf(perSecond(call)) },
    ratio: sampleOf(quotients(call, peek)),
    goal: "over 3,000,000/s",
    reached: measured.median > GOAL,
  });
}
endStore(store);
