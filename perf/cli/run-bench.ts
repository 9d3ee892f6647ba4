import { join } from "node:path";
import type { RecordedRow } from "../history/recording.ts";
import type { Arena } from "../run/arena.ts";
import type { Row } from "../run/row.ts";
import { BENCH_FOLDER } from "./suite.ts";

/** None takes this long, quick or not, but on a machine that does something else. */
const QUICK_TIMEOUT_MS = 300_000;
const TIMEOUT_MS = 1_200_000;

export interface BenchOptions {
  arena: Arena;
  quick: boolean;
  signal: AbortSignal;
  onRow(row: RecordedRow): void;
  timeoutMs?: number;
  /** Where the benches are. */
  from?: string;
}

/** Runs a bench, a process of its own, and hands on its rows as they come. Gives why it ended badly; undefined: it ended well. */
export async function runBench(bench: string, options: BenchOptions): Promise<string | undefined> {
  const { arena, quick, signal, onRow, from = BENCH_FOLDER } = options;
  const { timeoutMs = quick ? QUICK_TIMEOUT_MS : TIMEOUT_MS } = options;
  const [file, ...args] = bench.split(":");
  const child = Bun.spawn([process.execPath, join(from, `${file}.ts`), ...args], {
    env: {
      ...process.env,
      PLASMID_PERF_FOLDER: arena.folder,
      PLASMID_PERF_DISK_FOLDER: arena.disk,
      PLASMID_PERF_QUICK: quick ? "1" : "0",
    },
    stdio: ["ignore", "pipe", "inherit"],
    // A group of its own, so that one signal ends it with all that it has started.
    detached: true,
  });
  let why: string | undefined;
  const end = (reason?: string) => {
    why ??= reason;
    endGroup(child);
  };
  const onAbort = () => end("it was broken off");
  const onExit = () => end();
  signal.addEventListener("abort", onAbort, { once: true });
  // Before its folders are taken away.
  process.prependOnceListener("exit", onExit);
  const timer = setTimeout(() => end(`it did not end within ${timeoutMs / 1000} s`), timeoutMs);
  for await (const line of linesOf(child.stdout)) {
    const row = rowOf(line);
    if (row !== undefined) onRow({ bench, ...row });
    else end(`it printed what is no row: ${line}`);
  }
  const code = await child.exited;
  clearTimeout(timer);
  signal.removeEventListener("abort", onAbort);
  process.off("exit", onExit);
  // What it has started must not outlive it.
  endGroup(child);
  return why ?? (code === 0 ? undefined : `it ended with ${child.signalCode ?? code}`);
}

function rowOf(line: string): Row | undefined {
  try {
    const row: unknown = JSON.parse(line);
    return typeof row === "object" && row !== null && "what" in row ? (row as Row) : undefined;
  } catch {
    return undefined;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const utf8 = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + utf8.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function endGroup(child: Bun.Subprocess): void {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
