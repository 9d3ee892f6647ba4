import { cpSync, existsSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, tail } from "../../scripts/command.ts";
import { builtLibrary, root } from "../../scripts/paths.ts";
import { type Budget, runPair, type Side } from "./pair.ts";
import type { Pin } from "./pin.ts";
import { RevisionError, thisTree } from "./revision.ts";

/** Both plants slow `peek` by turns of a loop, as many as this variable says. */
const TURNS = "PLASMID_PERF_TURNS";

/** The core built with a slower peek (perf/native/slowed.c). */
export async function slowedInC(): Promise<Side> {
  const command = ["cmake", "--build", join(root, "build", "release"), "--target", "plasmid_slowed", "-j", "2"];
  const { code, output } = await run(command, { timeoutMs: 600_000 });
  if (code !== 0) throw new RevisionError(`${command.join(" ")} failed:\n${tail(output, 20)}`);
  return { ...thisTree(), library: join(root, "build", "release", "perf", "libplasmid_slowed.so") };
}

/** A copy of the sources below build/, whose Store has a slower peek. */
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
const turns = Number(process.env.${TURNS} ?? 0);
const peek = Store.prototype.peek;
let sink = 1;
Store.prototype.peek = function (target) {
  for (let i = 0; i < turns; i++) sink = (Math.imul(sink, 1664525) + 1013904223) | 0;
  return peek.call(this, target);
};
`;

/**
 * The side with so many turns that peek takes `share` longer: measured, for a turn is as long as the machine makes it. What the plant
 * itself costs is on both sides of the comparison, which has to find the turns alone.
 */
export async function tuned(
  plant: Side,
  share: number,
  pin: Pin,
  budget: Budget,
  folder: string,
  random: () => number,
): Promise<[base: Side, slower: Side]> {
  const base = withTurns(plant, 0);
  const many = 400;
  const { ratio } = await runPair("peek", [base, withTurns(plant, many)], pin, budget, folder, random);
  return [base, withTurns(plant, Math.max(1, Math.round((many * share) / Math.expm1(ratio))))];
}

function withTurns(side: Side, turns: number): Side {
  return { ...side, env: { [TURNS]: String(turns) } };
}
