import { root } from "./paths.ts";

export interface CommandResult {
  code: number;
  /** Standard output and standard error, in that order. */
  output: string;
}

interface RunOptions {
  env?: Record<string, string>;
  /** When it is over, the program ends with all that it started. */
  timeoutMs?: number;
  /** When it aborts, the program ends as well: then Ctrl-C is for the caller to make something of, and does not end this process. */
  signal?: AbortSignal;
}

/** Runs a program in the checkout to its end, without a terminal and without input. */
export async function run(command: string[], { env = {}, timeoutMs, signal }: RunOptions = {}): Promise<CommandResult> {
  const child = Bun.spawn(command, {
    cwd: root,
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    // A group of its own, so that one signal ends whatever it has started.
    detached: true,
  });
  const endGroup = () => process.kill(-child.pid, "SIGKILL");
  const interrupted = (name: NodeJS.Signals) => {
    endGroup();
    process.exit(name === "SIGINT" ? 130 : 143);
  };
  if (signal === undefined) process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  else {
    process.prependOnceListener("exit", endGroup);
    signal.addEventListener("abort", endGroup, { once: true });
    if (signal.aborted) endGroup();
  }
  let late = false;
  const timer = setTimeout(
    () => {
      late = true;
      endGroup();
    },
    timeoutMs ?? 2 ** 31 - 1,
  );

  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const code = await child.exited;
  clearTimeout(timer);
  process.off("SIGINT", interrupted).off("SIGTERM", interrupted).off("exit", endGroup);
  signal?.removeEventListener("abort", endGroup);
  return { code, output: stdout + stderr + epitaph(child.signalCode, late ? timeoutMs : undefined) };
}

/** What a program that did not end by itself cannot say. */
function epitaph(signal: NodeJS.Signals | number | null, timeoutMs: number | undefined): string {
  if (timeoutMs !== undefined) return `did not end within ${timeoutMs / 1000} s\n`;
  return signal ? `ended by ${signal}\n` : "";
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
