import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leftBehind, sharedFiles } from "../../scripts/leftovers.ts";
import { root } from "../../scripts/paths.ts";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Files that the program left in shared memory. */
  left: string[];
}

/** What a program that did well looks like, whatever it printed. */
export const well = { code: 0, stderr: "", left: [] as string[] };

/** How long a program may take: far more than it needs, for a hang is to be a failure and not a wait. */
const timeoutMs = 60_000;

/** Runs a Bun program in a process of its own. */
export async function runProgram(script: string, cwd: string, env = process.env): Promise<Ended> {
  const before = sharedFiles();
  const child = Bun.spawn([process.execPath, script], {
    cwd,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  return { code: child.exitCode, stdout, stderr, left: await leftBehind(before) };
}

/** A folder of its own outside the checkout, gone at the end of the block. */
export function temporaryFolder(name: string): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), `plasmid-${name}-`));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs a program given as text, in a folder where `plasmid` is this checkout. */
export async function runText(text: string): Promise<Ended> {
  using folder = temporaryFolder("snippet");
  mkdirSync(join(folder.path, "node_modules"));
  symlinkSync(root, join(folder.path, "node_modules", "plasmid"));
  const script = join(folder.path, "snippet.ts");
  writeFileSync(script, text);
  return await runProgram(script, folder.path);
}
