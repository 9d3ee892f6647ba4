/** A pair of processes, in whichever order it starts and takes turns. */
import { afterAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { runPair } from "../../../perf/compare/pair.ts";
import { pinToOneCore } from "../../../perf/compare/pin.ts";
import { slowedInTypeScript, withTurns } from "../../../perf/compare/plant.ts";
import { thisTree } from "../../../perf/compare/revision.ts";
import { Arena } from "../../../perf/run/arena.ts";
import { randomFrom } from "../../../perf/stats/random.ts";

const arena = new Arena();
afterAll(() => arena[Symbol.dispose]());

/** Warm enough that all is compiled on either side. */
const BUDGET = { warmUpMs: 300, sliceMs: 10, slices: 9 };

/** Peeks that take ten times as long: no machine is noisy enough to hide on which side they are. */
const slow = withTurns(slowedInTypeScript(), 100);

test("the second side's time is held against the first one's, however the order is drawn", async () => {
  for (const seed of [1, 2]) {
    const run = (sides: [ReturnType<typeof thisTree>, ReturnType<typeof thisTree>]) =>
      runPair("peek", sides, pinToOneCore(), BUDGET, arena.folder, randomFrom(seed));
    const slower = await run([thisTree(), slow]);
    expect(slower.ratio).toBeGreaterThan(0.3);
    expect((await run([slow, thisTree()])).ratio).toBeLessThan(-0.3);
  }
}, 60_000);

test("a side that cannot run is told, and the other one is not left behind", async () => {
  const broken = { ...thisTree(), library: "/nowhere/libplasmid.so" };
  const pair = runPair("peek", [thisTree(), broken], pinToOneCore(), BUDGET, arena.folder, randomFrom(1));
  await expect(pair).rejects.toThrow("worker.ts");
  expect(readFileSync(`/proc/self/task/${process.pid}/children`, "utf8")).toBe("");
}, 60_000);
