/**
 * Does one thing as often as it can for as long as it is told, beginning at a given moment: `args` are what and the store. Answers with how
 * often. What: `get` and `put` small objects; `compute`, which needs nothing but a core.
 */
import { do_not_optimize } from "mitata";
import type { ObjectRef } from "../../../src/index.ts";
import { sameStore } from "../../run/bench.ts";
import { nowNs } from "../../run/limits.ts";
import { answer, told } from "../../run/partner.ts";

const [what, storeName] = process.argv.slice(2) as ["get" | "put" | "compute", string];
const BATCH = 500;
using store = sameStore(storeName);
const refs = Array.from({ length: 1_000 }, (_, i) => store.find(`small/${i}`)) as ObjectRef[];

const batches = {
  get: () => {
    for (let i = 0; i < BATCH; i++) do_not_optimize(store.peek(refs[i]!));
  },
  put: () => {
    for (let i = 0; i < BATCH; i++) store.put(i);
  },
  compute: () => {
    let x = 1;
    for (let i = 0; i < BATCH * 50; i++) x = Math.imul(x, 1_664_525) + 1_013_904_223;
    do_not_optimize(x);
  },
};
const batch = batches[what];

/** Batches until the time is over. */
function work(untilNs: number): number {
  let done = 0;
  for (; nowNs() < untilNs; done++) batch();
  return done * BATCH;
}

work(nowNs() + 5e8);
answer("ready");
for await (const { fromNs, ms } of told<{ fromNs: number; ms: number }>()) {
  while (nowNs() < fromNs);
  answer(work(fromNs + ms * 1e6));
}
