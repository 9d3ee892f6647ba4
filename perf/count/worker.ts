/**
 * `bun perf/count/worker.ts TREE PROBE TIMES`: does one thing until all of it is compiled, then so often, and then twice as often.
 * Callgrind counts the last two alone, each in a profile of its own.
 */
import { dlopen } from "bun:ffi";
import { join } from "node:path";
import { loadTree } from "../compare/tree.ts";
import { PROBES } from "../probes/list.ts";
import { builtFolder } from "../run/limits.ts";

const { symbols } = dlopen(join(builtFolder, "libperf_counting.so"), {
  counting_start: { args: [], returns: "i32" },
  counting_stop: { args: [], returns: "void" },
});
const WARM_UPS = 5;

const [tree, name, times] = process.argv.slice(2) as [string, string, string];
const { batch, end } = await PROBES[name]!.start(await loadTree(tree));
for (let i = 0; i < WARM_UPS; i++) await batch(Number(times));
for (const count of [Number(times), 2 * Number(times)]) {
  // When the collector runs next depends on what it has left: so both begin with nothing.
  Bun.gc(true);
  if (symbols.counting_start() !== 0) throw new Error("this process is not counted");
  await batch(count);
  symbols.counting_stop();
}
end();
