import { afterAll, afterEach } from "bun:test";
import { rmSync } from "node:fs";
import { type OpenOptions, Store } from "../../src/index.ts";
import { Segment } from "../../src/native/segment.ts";
import { endProcesses } from "./process.ts";

/** This test process's own folder of stores. */
export const directory = `/dev/shm/plasmid-spec-${process.pid}`;

/** A number of repetitions, fewer when the library checks everything as it goes: PLASMID_TEST_QUICK says so. */
export function scaled(times: number): number {
  return Math.max(10, process.env.PLASMID_TEST_QUICK ? Math.round(times / 50) : times);
}

let made = 0;
const opened: Store[] = [];

/** A name that no store has had. */
export function freshName(): string {
  return `spec/${process.pid}-${made++}`;
}

/** A store of its own for a test: closed and destroyed after it. */
export function freshStore(options: OpenOptions = {}, name = freshName()): Store {
  const store = Store.open(name, { capacity: "16MiB", directory, ...options });
  opened.push(store);
  return store;
}

/** The same store once more, as another part of the program would open it. */
export function sameStore(store: Store, options: OpenOptions = {}): Store {
  return freshStore({ capacity: undefined, mustExist: true, ...options }, store.name);
}

/** The core's own face on a store, for what the package does not show; closed after `work`. */
export function withSegment<T>(name: string, work: (segment: Segment) => T): T {
  const settings = { capacity: 0, maxObjects: 0, maxClients: 0, lockTimeoutMs: 0, flags: 0 };
  const segment = Segment.open(directory, name, settings);
  try {
    return work(segment);
  } finally {
    segment.close();
  }
}

/** Collects until `done`, or a while has passed. */
export async function collected(done: () => boolean, tries = 50): Promise<boolean> {
  for (let i = 0; i < tries; i++) {
    if (done()) return true;
    Bun.gc(true);
    await Bun.sleep(i < 5 ? 0 : 10);
  }
  return done();
}

/** To be called once in every spec file: what its tests opened and started ends with them. */
export function cleanUpAfterEach(): void {
  afterEach(async () => {
    await endProcesses();
    const stores = opened.splice(0);
    for (const store of stores) store.close();
    for (const name of new Set(stores.map(store => store.name))) {
      // Unless the test destroyed it itself, or its last close did.
      if (Store.list({ directory }).includes(name)) Store.destroy(name, { directory });
    }
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
}
