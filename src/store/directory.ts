import { existsSync, readdirSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { InvalidArgumentError } from "../errors.ts";

const TMPFS_MAGIC = 0x01021994;
const RAMFS_MAGIC = 0x858458f6;
const PAGE = 4096;
const SUFFIX = ".plasmid";
const LARGEST_DEFAULT = 2 ** 30;

/** Where stores are unless said otherwise: a folder of this user's own in shared memory. */
export function defaultDirectory(): string {
  return `/dev/shm/plasmid-${process.getuid?.() ?? 0}`;
}

/**
 * The folder that options name.
 *
 * @throws InvalidArgumentError if it is not an absolute path.
 */
export function directoryOf(options: { directory?: string } | undefined): string {
  const directory = options?.directory ?? defaultDirectory();
  if (typeof directory === "string" && directory.startsWith("/") && !directory.includes("\0")) return directory;
  throw new InvalidArgumentError(
    `the directory ${JSON.stringify(directory)} is not an absolute path`,
    {},
    "give one in /dev/shm",
  );
}

const warned = new Set<string>();

/** Warns, once a folder, when the stores in it are not in memory. */
export function warnIfOnDisk(directory: string): void {
  if (warned.has(directory)) return;
  const type = statfsSync(directory).type;
  if (type === TMPFS_MAGIC || type === RAMFS_MAGIC) return;
  warned.add(directory);
  process.emitWarning(
    `the stores in ${directory} are on a disk: written back to it, and slower; /dev/shm is in memory`,
    "PlasmidWarning",
  );
}

/** The capacity of a store for which none is given: 1 GiB, or half of what the folder's file system holds if that is less. */
export function defaultCapacity(directory: string): number {
  let place = directory;
  while (!existsSync(place)) place = dirname(place);
  const { blocks, bsize } = statfsSync(place);
  const half = Math.floor((blocks * bsize) / 2 / PAGE) * PAGE;
  // A file system that doesn't say how much it holds is not to be asked for half of it.
  return half === 0 ? LARGEST_DEFAULT : Math.min(LARGEST_DEFAULT, half);
}

/** Names of the stores in a folder, sorted; none if there is no such folder. */
export function listStores(directory: string): string[] {
  let files: string[];
  try {
    files = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const names: string[] = [];
  for (const file of files) {
    const name = file.endsWith(SUFFIX) ? nameOf(file.slice(0, -SUFFIX.length)) : undefined;
    if (name !== undefined) names.push(name);
  }
  return names.sort();
}

// The core writes all but letters, digits, "-", "_" and "." as %XX. A file that nobody but a stranger can have made is no store.
function nameOf(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
