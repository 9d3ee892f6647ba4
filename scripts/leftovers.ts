import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const sharedMemory = "/dev/shm";

/** Every file in shared memory now. */
export function sharedFiles(): Set<string> {
  const entries = readdirSync(sharedMemory, { recursive: true, withFileTypes: true });
  return new Set(entries.filter(entry => !entry.isDirectory()).map(entry => join(entry.parentPath, entry.name)));
}

/** How long a file that nobody has mapped may be on its way in or out. */
const passingMs = 2_000;

/**
 * The files in shared memory that were not there `before` and that no living process has mapped: what
 * a program left behind when it ended. Files that something else on this machine works with are not
 * meant; one of those may be caught just made or just about to go, so a file has to stay for a while.
 */
export async function leftBehind(before: Set<string>): Promise<string[]> {
  const until = performance.now() + passingMs;
  let left = unmapped(before);
  while (left.length > 0 && performance.now() < until) {
    await Bun.sleep(100);
    const still = unmapped(before);
    left = left.filter(path => still.includes(path));
  }
  return left;
}

function unmapped(before: Set<string>): string[] {
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
