import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run, tail } from "../../scripts/command.ts";
import { builtLibrary, root } from "../../scripts/paths.ts";
import { claim, forget } from "./claim.ts";
import type { Lock } from "./lock.ts";
import type { Side } from "./pair.ts";

const TREES = join(root, "build", "perf", "trees");
const KEPT_TREES = 6;
/** For another process that builds the same tree. */
const WAIT_S = 1200;

/** A revision that there is not, or that can't be built. */
export class RevisionError extends Error {}

/** The whole name of a revision. @throws RevisionError */
export async function resolveRevision(name: string): Promise<string> {
  const { code, output } = await git("rev-parse", "--verify", "--quiet", `${name}^{commit}`);
  if (code !== 0) throw new RevisionError(`git knows no revision ${name}`);
  return output.trim();
}

/** What a change is held against when nobody says: the last commit, or, if nothing has been changed since, the one before. */
export async function usualBase(): Promise<string> {
  return (await isDirty()) ? "HEAD" : "HEAD~1";
}

/** Whether the checkout has anything that its last commit has not. */
export async function isDirty(): Promise<boolean> {
  return (await git("status", "--porcelain", "--untracked-files=no")).output.trim() !== "";
}

/** The commits after `good` up to `bad`, oldest first, along the line of first parents. */
export async function between(good: string, bad: string): Promise<string[]> {
  const { code, output } = await git("rev-list", "--first-parent", "--reverse", `${good}..${bad}`);
  if (code !== 0) throw new RevisionError(`git rev-list failed:\n${tail(output, 5)}`);
  return output.split("\n").filter(line => line !== "");
}

/** What a commit says it does. */
export async function subjectOf(revision: string): Promise<string> {
  return (await git("log", "-1", "--format=%s", revision)).output.trim();
}

/** This checkout, as it is. */
export function thisTree(): Side {
  return { tree: root, library: builtLibrary("release") };
}

/**
 * A revision in a worktree below build/, with its library built as releases are. Kept, so that the next comparison with it starts at
 * once. Its packages are those of this checkout.
 */
export async function checkOut(revision: string, signal?: AbortSignal): Promise<Side> {
  const sha = await resolveRevision(revision);
  const tree = join(TREES, sha);
  const { code: lacking } = await git("cat-file", "-e", `${sha}:CMakeLists.txt`);
  if (lacking !== 0) throw new RevisionError(`that revision has no core to build: ${sha.slice(0, 10)}`);
  mkdirSync(TREES, { recursive: true });
  if (!inUse.has(sha)) {
    const lock = await claim(tree, () => make(tree, sha, signal), WAIT_S, signal);
    if (lock === undefined)
      throw new RevisionError(`another process has been building ${sha} for ${WAIT_S / 60} minutes`);
    inUse.set(sha, lock);
  }
  await forgetOldest();
  return { tree, library: join(tree, "build", "release", "libplasmid.so") };
}

/** What this process has checked out: a bisection comes back to its good revision as often as it halves. Nobody takes it away meanwhile. */
const inUse = new Map<string, Lock>();

/** Takes away the worktrees that were made longest ago, but for the last few and those in use. */
async function forgetOldest(): Promise<void> {
  const madeAt = (name: string) => statSync(join(TREES, name), { throwIfNoEntry: false })?.birthtimeMs ?? 0;
  const others = readdirSync(TREES).filter(name => /^[0-9a-f]{40}$/.test(name) && !inUse.has(name));
  for (const name of others.sort((a, b) => madeAt(b) - madeAt(a)).slice(KEPT_TREES - 1)) {
    await forget(join(TREES, name), () => remove(join(TREES, name)));
  }
}

async function remove(tree: string): Promise<void> {
  await git("worktree", "remove", "--force", tree);
  rmSync(tree, { recursive: true, force: true });
  await git("worktree", "prune");
}

async function make(tree: string, sha: string, signal?: AbortSignal): Promise<void> {
  // What is there was broken off.
  await remove(tree);
  const { code, output } = await git("worktree", "add", "--detach", "--force", tree, sha);
  if (code !== 0) throw new RevisionError(`git worktree add failed:\n${tail(output, 10)}`);
  await build(tree, signal);
}

async function build(tree: string, signal?: AbortSignal): Promise<void> {
  const jobs = String(availableParallelism());
  const folder = join(tree, "build", "release");
  for (const command of [
    ["cmake", "-S", tree, "-B", folder, "-DCMAKE_BUILD_TYPE=Release"],
    ["cmake", "--build", folder, "--target", "plasmid", "-j", jobs],
  ]) {
    const { code, output } = await run(command, { timeoutMs: 600_000, ...(signal && { signal }) });
    if (code !== 0) throw new RevisionError(`${command.join(" ")} failed:\n${tail(output, 20)}`);
  }
}

function git(...args: string[]) {
  return run(["git", ...args], { timeoutMs: 60_000 });
}
