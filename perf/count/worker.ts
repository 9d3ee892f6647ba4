/** `bun perf/count/worker.ts TREE PROBE TIMES`: does one thing so often, and nothing else. Callgrind counts the instructions. */
import { loadTree } from "../compare/tree.ts";
import { PROBES } from "../probes/list.ts";

const [tree, name, times] = process.argv.slice(2) as [string, string, string];
const { batch, end } = await PROBES[name]!.start(await loadTree(tree));
await batch(Number(times));
end();
