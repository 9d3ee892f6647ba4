import { join } from "node:path";
import type { RecordedRow } from "../history/recording.ts";
import type { Row } from "../run/row.ts";
import { BENCH_FOLDER } from "./suite.ts";

/** None takes this long, but on a machine that does something else. */
const TIMEOUT_MS = 300_000;

export interface BenchOptions {
  folder: string;
  quick: boolean;
  signal: AbortSignal;
  onRow(row: RecordedRow): void;
}

/** Runs a bench, a process of its own, and hands on its rows as they come. Says whether it ended well. */
export async function runBench(bench: string, { folder, quick, signal, onRow }: BenchOptions): Promise<boolean> {
  const [file, ...args] = bench.split(":");
  const child = Bun.spawn([process.execPath, join(BENCH_FOLDER, `${file}.ts`), ...args], {
    env: { ...process.env, PLASMID_PERF_FOLDER: folder, PLASMID_PERF_QUICK: quick ? "1" : "0" },
    stdio: ["ignore", "pipe", "inherit"],
    // A group of its own, so that one signal ends it with all that it has started.
    detached: true,
  });
  const end = () => endGroup(child);
  signal.addEventListener("abort", end, { once: true });
  process.once("exit", end);
  const timer = setTimeout(end, TIMEOUT_MS);
  let rest = "";
  const utf8 = new TextDecoder();
  for await (const chunk of child.stdout) {
    const lines = (rest + utf8.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) onRow({ bench, ...(JSON.parse(line) as Row) });
  }
  const code = await child.exited;
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
  process.off("exit", end);
  return code === 0;
}

function endGroup(child: Bun.Subprocess): void {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
