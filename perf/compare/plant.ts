import { cpSync, existsSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, tail } from "../../scripts/command.ts";
import { builtLibrary, root } from "../../scripts/paths.ts";
import { median } from "../stats/median.ts";
import { type Budget, runPair, type Side } from "./pair.ts";
import type { Pin } from "./pin.ts";
import { RevisionError, thisTree } from "./revision.ts";

/** How much a plant slows `peek`, by this variable: not at all by 0. */
const TURNS = "PLASMID_PERF_TURNS";

/** The core built with a slower peek: each does so many turns of a loop (perf/native/slowed.c). */
async function slowedInC(): Promise<Side> {
  const command = ["cmake", "--build", join(root, "build", "release"), "--target", "plasmid_slowed", "-j", "2"];
  const { code, output } = await run(command, { timeoutMs: 600_000 });
  if (code !== 0) throw new RevisionError(`${command.join(" ")} failed:\n${tail(output, 20)}`);
  return { ...thisTree(), library: join(root, "build", "release", "perf", "libplasmid_slowed.so") };
}

/**
 * A copy of the sources below build/, whose Store does so many peeks more at each tenth: one is a tenth by itself, where turns of a loop
 * would run beside what peek does anyway, and cost nothing or much by chance.
 */
export function slowedInTypeScript(): Side {
  const tree = join(root, "build", "perf", "slowed");
  rmSync(tree, { recursive: true, force: true });
  cpSync(join(root, "src"), join(tree, "src"), { recursive: true });
  if (!existsSync(join(tree, "csrc"))) symlinkSync(join(root, "csrc"), join(tree, "csrc"));
  renameSync(join(tree, "src", "index.ts"), join(tree, "src", "unslowed.ts"));
  writeFileSync(join(tree, "src", "index.ts"), SLOWED);
  return { tree, library: builtLibrary("release") };
}

const SLOWED = `
export * from "./unslowed.ts";
import { Store } from "./unslowed.ts";
const more = Number(process.env.${TURNS} ?? 0);
const peek = Store.prototype.peek;
let left = 10;
Store.prototype.peek = function (target) {
  if (--left === 0) {
    left = 10;
    for (let i = 0; i < more; i++) peek.call(this, target);
  }
  return peek.call(this, target);
};
`;

/** The sides of a tenth that is planted in TypeScript. */
export function tenthInTypeScript(): [base: Side, slower: Side] {
  const plant = slowedInTypeScript();
  return [withTurns(plant, 0), withTurns(plant, 1)];
}

/** So many turns that no machine is noisy enough to hide them: how many a tenth is, is reckoned from these. */
const MANY = 400;
const PAIRS = 3;

/**
 * The sides of a tenth that is planted in C: measured, for a turn is as long as the machine makes it. What the plant itself costs is on
 * both sides, and a comparison has to find the turns alone.
 */
export async function tenthInC(
  pin: Pin,
  budget: Budget,
  folder: string,
  random: () => number,
): Promise<[base: Side, slower: Side]> {
  const plant = await slowedInC();
  const base = withTurns(plant, 0);
  const ratios: number[] = [];
  for (let i = 0; i < PAIRS; i++) {
    ratios.push((await runPair("peek", [base, withTurns(plant, MANY)], pin, budget, folder, random)).ratio);
  }
  return [base, withTurns(plant, Math.max(1, Math.round((MANY * 0.1) / Math.expm1(median(ratios)))))];
}

export function withTurns(side: Side, turns: number): Side {
  return { ...side, env: { [TURNS]: String(turns) } };
}
