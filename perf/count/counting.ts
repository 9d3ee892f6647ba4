import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Side } from "../compare/pair.ts";
import { COUNTED } from "./counted.ts";
import { type Profile, parseProfile } from "./profile.ts";

/** Instructions of one, in the whole process and in the core's functions. */
export interface Count {
  probe: string;
  total: number;
  core: number;
  functions: Record<string, number>;
}

/** Callgrind is not there, or a run under it ended badly. */
export class CountError extends Error {}

/**
 * One collector, that no timer calls, and no second thread that compiles: what is counted doesn't depend on when a thread runs.
 */
const REPEATABLE = {
  BUN_JSC_useConcurrentJIT: "0",
  BUN_JSC_useConcurrentGC: "0",
  BUN_JSC_numberOfGCMarkers: "1",
  BUN_GC_TIMER_DISABLE: "1",
};
const TIMEOUT_MS = 300_000;
const WORKER = join(import.meta.dir, "worker.ts");

/** Counts N of a probe and 2N of it in one process: the difference is N of it, without what beginning and ending costs. */
export async function count(probe: string, side: Side, folder: string, signal?: AbortSignal): Promise<Count> {
  const times = COUNTED[probe]!;
  const [once, twice] = await profiles(probe, times, side, folder, signal);
  return countOf(probe, times, once, twice);
}

/** Instructions of one, from the profiles of `times` and of twice as many. */
export function countOf(probe: string, times: number, once: Profile, twice: Profile): Count {
  const functions: Record<string, number> = {};
  for (const [name, instructions] of twice.functions) {
    const each = (instructions - (once.functions.get(name) ?? 0)) / times;
    if (each >= 0.5) functions[name] = each;
  }
  const core = Object.values(functions).reduce((sum, each) => sum + each, 0);
  return { probe, total: (twice.total - once.total) / times, core, functions };
}

/** Does a probe so often, and twice as often, under Callgrind. @throws CountError */
export async function profiles(
  probe: string,
  times: number,
  { tree, library }: Side,
  folder: string,
  signal?: AbortSignal,
): Promise<[once: Profile, twice: Profile]> {
  if (Bun.which("valgrind") === null) throw new CountError("valgrind is missing: apt-get install valgrind");
  const out = join(folder, `callgrind.${crypto.randomUUID()}`);
  const tool = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--smc-check=all-non-file"];
  const worker = [process.execPath, WORKER, tree, probe, String(times)];
  const child = Bun.spawn([...placedAlike(), ...tool, `--callgrind-out-file=${out}`, ...worker], {
    // Nothing else of the environment: its length alone moves the stack.
    env: { PATH: process.env.PATH!, ...REPEATABLE, PLASMID_PERF_FOLDER: folder, PLASMID_LIBRARY: library },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    ...(signal && { signal }),
  });
  const said = await child.stderr.text();
  if ((await child.exited) !== 0) throw new CountError(`${probe} under Callgrind ended badly:\n${said.slice(-2000)}`);
  const read = (part: number) => parseProfile(readFileSync(`${out}.${part}`, "utf8"), "libplasmid.so");
  const found: [Profile, Profile] = [read(1), read(2)];
  for (const file of [out, `${out}.1`, `${out}.2`]) rmSync(file, { force: true });
  return found;
}

/** What starts a program at the same addresses each time: hash tables whose keys are addresses then look alike. Nothing where that is forbidden. */
function placedAlike(): readonly string[] {
  const command = ["setarch", "-R"];
  if (Bun.which("setarch") === null) return [];
  return Bun.spawnSync([...command, "true"]).exitCode === 0 ? command : [];
}
