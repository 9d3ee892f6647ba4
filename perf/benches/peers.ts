/**
 * Handing bytes to another process that waits for them: from when the giver has them to when the receiver has looked at every page.
 * Each peer in its fastest way, in rounds; a peer that is not installed is named.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openLmdb } from "../peers/lmdb.ts";
import { RedisServer } from "../peers/redis.ts";
import { type Arrival, sumOfPages, type Way } from "../peers/ways.ts";
import { sizeText } from "../probes/store.ts";
import { endStore, folder, newStore, times } from "../run/bench.ts";
import { nowNs } from "../run/limits.ts";
import { Partner } from "../run/partner.ts";
import { report } from "../run/row.ts";
import { exactly, quotients, sampleOf } from "../stats/sample.ts";

const SIZES = [1024, 2 ** 20, 2 ** 26];
const ROUNDS = times(30, 6);
const WARM_UP = 3;
const NAMES = {
  plasmid: "Plasmid",
  redis: "Redis, Unix socket",
  lmdb: "LMDB in /dev/shm",
  file: "a file in /dev/shm, Bun.mmap",
  ipc: "Bun's IPC",
  thread: "postMessage, SharedArrayBuffer",
} as const;
type Name = keyof typeof NAMES;

/** One who has a receiver on the other side. */
interface Giver {
  give(bytes: Uint8Array<ArrayBuffer>): Promise<Arrival>;
  end(): Promise<void>;
}

async function receiver(way: Way, place: string): Promise<Partner> {
  const partner = new Partner("receiver", [way, place, String(SIZES.length * (ROUNDS + WARM_UP))], {
    ipc: way !== "plasmid",
  });
  await partner.hear();
  return partner;
}

/** A giver that leaves the bytes somewhere and then sends a notice. */
async function noticed(way: Way, place: string, leave: (bytes: Uint8Array) => unknown, end = () => {}): Promise<Giver> {
  const partner = await receiver(way, place);
  return {
    async give(bytes) {
      const startNs = nowNs();
      await leave(bytes);
      partner.send(way === "ipc" ? { startNs, bytes } : { startNs });
      return await partner.hear<Arrival>();
    },
    async end() {
      partner.disconnect();
      await partner[Symbol.asyncDispose]();
      end();
    },
  };
}

await using redis = await RedisServer.start(folder);

const GIVERS: Record<Name, () => Promise<Giver | undefined>> = {
  async plasmid() {
    const store = newStore({ capacity: "256MiB" });
    const partner = await receiver("plasmid", store.name);
    let i = 0;
    return {
      async give(bytes) {
        const name = `handed/${i++}`;
        store.put({ startNs: nowNs(), bytes }, { name });
        const arrival = await partner.hear<Arrival>();
        // As the others write over what they have given: the next one takes its pages.
        store.free(name);
        return arrival;
      },
      async end() {
        await partner[Symbol.asyncDispose]();
        endStore(store);
      },
    };
  },
  async redis() {
    if (redis === undefined) return undefined;
    const client = new Bun.RedisClient(redis.url);
    await client.connect();
    return await noticed(
      "redis",
      redis.url,
      bytes => client.set("handed", bytes),
      () => client.close(),
    );
  },
  async lmdb() {
    const path = join(folder, "lmdb");
    const database = openLmdb(path);
    return await noticed(
      "lmdb",
      path,
      bytes => database.putSync("handed", bytes),
      () => void database.close(),
    );
  },
  async file() {
    const path = join(folder, "handed");
    return await noticed("file", path, bytes => writeFileSync(path, bytes));
  },
  ipc: () => noticed("ipc", "-", () => {}),
  async thread() {
    const worker = new Worker(join(import.meta.dir, "partners/thread.ts"));
    const heard = () =>
      new Promise<Arrival>(resolve => worker.addEventListener("message", ({ data }) => resolve(data), { once: true }));
    return {
      async give(bytes) {
        const startNs = nowNs();
        const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
        shared.set(bytes);
        const arrival = heard();
        worker.postMessage({ startNs, bytes: shared });
        return await arrival;
      },
      end: async () => worker.terminate(),
    };
  },
};

const givers = new Map<Name, Giver>();
const missing: Name[] = [];
for (const name of Object.keys(NAMES) as Name[]) {
  const giver = await GIVERS[name]().catch(error => {
    console.error(`${NAMES[name]}: ${error}`);
    return undefined;
  });
  if (giver === undefined) missing.push(name);
  else givers.set(name, giver);
}
for (const size of SIZES) await measure(size);
for (const giver of givers.values()) await giver.end();

async function measure(size: number): Promise<void> {
  const us = new Map<Name, number[]>([...givers.keys()].map(name => [name, []]));
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const bytes = new Uint8Array(size).fill(round % 256);
    for (const [name, giver] of givers) {
      const { ns, sum } = await giver.give(bytes);
      if (sum !== sumOfPages(bytes)) throw new Error(`${NAMES[name]} gave other bytes`);
      if (round >= WARM_UP) us.get(name)!.push(ns / 1e3);
    }
  }
  const mine = us.get("plasmid")!;
  for (const name of Object.keys(NAMES) as Name[]) {
    if (name === "plasmid") continue;
    const theirs = us.get(name);
    report({
      what: `${sizeText(size)} to a process that waits`,
      unit: "µs",
      measured: sampleOf(mine),
      limit: theirs
        ? { what: NAMES[name], measured: sampleOf(theirs) }
        : { what: `${NAMES[name]}: not installed`, measured: exactly(Number.NaN) },
      ...(theirs && { ratio: sampleOf(quotients(theirs, mine)) }),
    });
  }
}
