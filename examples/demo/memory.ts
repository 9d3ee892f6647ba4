import { readFileSync, statfsSync } from "node:fs";

/** What a process weighs, in bytes. A page that n processes map counts 1/n in each, so sizes may be added up. */
export interface Memory {
  /** All of it. */
  pss: number;
  /** Its share of shared memory: here, of the store. */
  shared: number;
  /** What is its own: heap, stacks, buffers. */
  own: number;
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const bytes = (field: string) => 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
  return { pss: bytes("Pss"), shared: bytes("Pss_Shmem"), own: bytes("Pss_Anon") };
}

/** How many bytes a memory file system still takes: bounded by its size and by the machine's free memory. */
export function roomIn(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
  return Math.min(bavail * bsize, Number(available) * 1024 || Number.POSITIVE_INFINITY);
}
