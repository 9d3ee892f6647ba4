import { readFileSync } from "node:fs";

/** Where workers run: a core, or wherever the system puts them. */
export interface Pin {
  /** Undefined where nothing can be pinned. */
  core: number | undefined;
  /** What starts a pinned program. */
  under: readonly string[];
}

/** The last core that this process may use: the first ones have the interrupts. */
export function pinToOneCore(): Pin {
  const taskset = Bun.which("taskset");
  const core = taskset === null ? undefined : coresOf(readFileSync("/proc/self/status", "utf8")).at(-1);
  return core === undefined ? { core, under: [] } : { core, under: [taskset!, "-c", String(core)] };
}

/** The cores of a line `Cpus_allowed_list: 0-3,8`. */
export function coresOf(status: string): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "";
  return list.split(",").flatMap(part => {
    const [from, to = from] = part.split("-").map(Number);
    if (part === "" || from === undefined) return [];
    return Array.from({ length: to! - from + 1 }, (_, i) => from + i);
  });
}
