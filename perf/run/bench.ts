import { randomUUID } from "node:crypto";
import { type OpenOptions, Store } from "../../src/index.ts";

/** The folder that the harness made for this run's stores, and takes away. */
export const folder = process.env.PLASMID_PERF_FOLDER ?? fail();

/** The folder of this run on a disk, which the harness takes away too; it is for the bench to make. */
export const diskFolder = process.env.PLASMID_PERF_DISK_FOLDER ?? fail();

/** `--quick`: a look whether all works, not figures to believe. */
export const quick = process.env.PLASMID_PERF_QUICK === "1";

/** How often something is done: less when it has to be quick. */
export function times(count: number, least = 3): number {
  return quick ? Math.max(least, Math.ceil(count / 10)) : count;
}

/** A new store of this run. */
export function newStore(options: OpenOptions): Store {
  return Store.open(`bench-${randomUUID()}`, { directory: folder, ...options });
}

/** The store that another process of this run made. */
export function sameStore(name: string): Store {
  return Store.open(name, { directory: folder, mustExist: true });
}

/** Ends a store of this run. */
export function endStore(store: Store): void {
  store.close();
  Store.destroy(store.name, { directory: folder });
}

function fail(): never {
  console.error("run by: bun perf [name]");
  process.exit(2);
}
