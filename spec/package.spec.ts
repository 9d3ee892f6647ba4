import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostTarget, root } from "../scripts/paths.ts";
import { runProgram, temporaryFolder, well } from "./support/program.ts";
import { tour } from "./support/snippets.ts";

async function bun(args: string[], cwd: string, env: Record<string, string> = {}): Promise<void> {
  const child = Bun.spawn([process.execPath, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  if ((await child.exited) !== 0) throw new Error(`bun ${args.join(" ")} failed:\n${stdout}${stderr}`);
}

test("the packed tarball runs the README's tour in an empty project, with no script run at its install", async () => {
  using folder = temporaryFolder("package");
  const tarball = join(folder.path, "plasmid.tgz");
  await bun(["pm", "pack", "--ignore-scripts", "--filename", tarball], root);

  const project = join(folder.path, "project");
  const installed = join(project, "node_modules", "plasmid");
  await Bun.write(join(project, "package.json"), "{}");
  // A cache of its own: the user's is not to fill up with the tarballs of tests.
  await bun(["add", "--ignore-scripts", tarball], project, { BUN_INSTALL_CACHE_DIR: join(folder.path, "cache") });

  expect(existsSync(join(installed, "prebuilds", hostTarget(), "libplasmid.so"))).toBe(true);
  for (const absent of ["build", "csrc/error.c", "spec", "perf", "scripts"]) {
    expect(existsSync(join(installed, absent))).toBe(false);
  }

  const script = join(project, "tour.ts");
  writeFileSync(script, tour()!.text);
  // The library must be the one in the tarball.
  const { PLASMID_LIBRARY: _, ...env } = process.env;
  const { stdout, ...ended } = await runProgram(script, project, env);
  expect(ended).toEqual(well);
  expect(stdout.trim()).not.toBe("");
}, 120_000);
