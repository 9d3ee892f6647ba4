/**
 * `bun perf/compare/worker.ts TREE PROBE WARM-UP-MS SLICE-MS`: one side of a pair. It loads a checkout's own code, does one thing until
 * it is warm, and then a slice of it each time it is told; it answers with the nanoseconds of one.
 */
import { now } from "mitata/src/lib.mjs";
import { PROBES } from "../probes/list.ts";
import { answer, told } from "../run/partner.ts";
import { type Batch, slice } from "../run/slice.ts";
import { loadTree } from "./tree.ts";

const [tree, name, warmUpMs, sliceMs] = process.argv.slice(2) as [string, string, string, string];

/** How many of them a slice has, after they have been done for as long as warms up. */
async function warmUp(batch: Batch): Promise<number> {
  const until = now() + Number(warmUpMs) * 1e6;
  let count = 1;
  for (;;) {
    const ns = await slice(batch, count);
    const fitting = Math.max(1, Math.round((Number(sliceMs) * 1e6) / Math.max(ns, 0.1)));
    if (now() >= until && count * 2 >= fitting) return fitting;
    count = Math.min(count * 4, fitting);
  }
}

const { batch, end } = await PROBES[name]!.start(await loadTree(tree));
const count = await warmUp(batch);
answer("ready");
for await (const _ of told()) answer(await slice(batch, count));
end();
