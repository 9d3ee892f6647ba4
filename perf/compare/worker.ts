/**
 * `bun perf/compare/worker.ts TREE PROBE WARM-UP-MS SLICE-MS`: one side of a pair. It loads a checkout's own code, does one thing until
 * it knows how many fill a slice, and then a slice of it each time it is told; it answers with the nanoseconds of one. Told to warm up,
 * it looks again how many those are: what is not compiled yet is slower.
 */
import { now } from "mitata/src/lib.mjs";
import { PROBES } from "../probes/list.ts";
import { answer, told } from "../run/partner.ts";
import { type Batch, slice } from "../run/slice.ts";
import type { Turn } from "./pair.ts";
import { loadTree } from "./tree.ts";

const [tree, name, warmUpMs, sliceMs] = process.argv.slice(2) as [string, string, string, string];

const fitting = (ns: number) => Math.max(1, Math.round((Number(sliceMs) * 1e6) / Math.max(ns, 0.1)));

/** How many of them a slice has, after they have been done for as long as warms up. */
async function warmUp(batch: Batch): Promise<number> {
  const until = now() + Number(warmUpMs) * 1e6;
  let count = 1;
  for (;;) {
    const most = fitting(await slice(batch, count));
    if (now() >= until && count * 2 >= most) return most;
    count = Math.min(count * 4, most);
  }
}

const { batch, end } = await PROBES[name]!.start(await loadTree(tree));
let count = await warmUp(batch);
answer("ready");
for await (const what of told<Turn>()) {
  const ns = await slice(batch, count);
  if (what === "warm up") count = fitting(ns);
  answer(ns);
}
end();
