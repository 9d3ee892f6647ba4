import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const sharedMemory = "/dev/shm";

/** Every file in shared memory now. */
export function sharedFiles(): Set<string> {
  const entries = readdirSync(sharedMemory, { recursive: true, withFileTypes: true });
  return new Set(entries.filter(entry => !entry.isDirectory()).map(entry => join(entry.parentPath, entry.name)));
}

/**
 * The files in shared memory that were not there `before` and that no living process has mapped: what
 * a program left behind when it ended. Files that something else on this machine works with are not meant.
 */
export function leftBehind(before: Set<string>): string[] {
  const fresh = [...sharedFiles()].filter(path => !before.has(path));
  if (fresh.length === 0) return [];
  const mapped = mappedBySomeone();
  return fresh.filter(path => !mapped.includes(path));
}

function mappedBySomeone(): string {
  const maps: string[] = [];
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      maps.push(readFileSync(`/proc/${pid}/maps`, "utf8"));
    } catch {
      // It ended while we looked, or is another user's: then its files are not ours to judge either.
    }
  }
  return maps.join("\n");
}
