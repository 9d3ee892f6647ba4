import { root } from "./paths.ts";

export interface CommandResult {
  code: number;
  /** Standard output and standard error, in that order. */
  output: string;
}

/** Runs a program in the checkout to its end, without a terminal and without input. */
export async function run(command: string[], env: Record<string, string> = {}): Promise<CommandResult> {
  const child = Bun.spawn(command, {
    cwd: root,
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const code = await child.exited;
  const died = child.signalCode ? `ended by ${child.signalCode}\n` : "";
  return { code, output: stdout + stderr + died };
}

/** Runs a program of ours in the foreground until it ends and gives its exit code. */
export async function runInForeground(script: string, args: string[]): Promise<number> {
  const child = Bun.spawn([process.execPath, script, ...args], {
    cwd: root,
    stdio: ["inherit", "inherit", "inherit"],
  });
  // The child cleans up when it is told to end, so it must hear of it, and this process must wait.
  // A terminal tells its whole foreground group about Ctrl-C; a second SIGINT would cut that short.
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  return await child.exited;
}

/** The last lines of a text, which is where programs say what went wrong. */
export function tail(text: string, lines: number): string {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
