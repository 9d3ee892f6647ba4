import { roomIn } from "./memory.ts";

const MiB = 2 ** 20;
/** The flights, twice (the rival file is the second time), and the store's own tables. */
const besides = 192 * MiB;
const wanted = 1024 * MiB;
const least = 16 * MiB;

/** How large the demo's store is, and the large object in it. */
export interface Size {
  capacity: number;
  largeBytes: number;
  /** Said when it had to be less than planned. */
  warning?: string;
}

/** Fits the demo into what `directory` can hold, leaving as much again to others. */
export function fitInto(directory: string): Size {
  const room = roomIn(directory);
  const fitting = 2 ** Math.floor(Math.log2(Math.max(1, room / 2 - besides)));
  const largeBytes = Math.min(wanted, fitting);
  const has = `${directory} has room for ${Math.floor(room / MiB)} MiB`;
  if (largeBytes < least) {
    throw new Error(
      `${has}, and the demo needs at least ${(2 * (besides + least)) / MiB} MiB.\n` +
        "In a container /dev/shm is often 64 MB: start it with --shm-size=3g (docker, podman),\n" +
        "or name a larger memory file system: bun demo --directory /path/to/tmpfs",
    );
  }
  const size = { capacity: besides + largeBytes, largeBytes };
  if (largeBytes === wanted) return size;
  const warning = `${has}: the large object will be ${largeBytes / MiB} MiB, not ${wanted / MiB} MiB.`;
  return { ...size, warning };
}
