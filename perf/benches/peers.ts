/**
 * Handing bytes to another process that waits for them: from when the giver has them to when the receiver has looked at every page.
 * Each peer in its fastest way, in rounds, in each of them in another order: what one leaves in the caches is not always the same one's
 * to find. A peer that is not installed is named.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openLmdb } from "../peers/lmdb.ts";
import { RedisServer } from "../peers/redis.ts";
import { type Arrival, type Notice, sumOfPages, type Way } from "../peers/ways.ts";
import { sizeText } from "../probes/store.ts";
import { endStore, folder, newStore, times } from "../run/bench.ts";
import { NotInstalled } from "../run/installed.ts";
import { nowNs } from "../run/limits.ts";
import { Partner } from "../run/partner.ts";
import { report } from "../run/row.ts";
import { randomFrom, shuffle } from "../stats/random.ts";
import { exactly, quotients, sampleOf } from "../stats/sample.ts";

const LARGEST = 2 ** 26;

/** How much, how often until all that is ours is compiled, as what is the others' is already, and how often to measure. */
const SIZES = [
  { bytes: 1024, warmUps: 300, rounds: times(1_000) },
  { bytes: 2 ** 20, warmUps: 20, rounds: times(200) },
  { bytes: LARGEST, warmUps: times(3, 1), rounds: times(30) },
];
const TOTAL = SIZES.reduce((sum, { warmUps, rounds }) => sum + warmUps + rounds, 0);
const NAMES = {
  plasmid: "Plasmid",
  redis: "Redis, Unix socket",
  lmdb: "LMDB in /dev/shm",
  file: "a mapped file, Bun.mmap",
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
  const partner = new Partner("receiver", [way, place, String(TOTAL)], {
    ipc: way !== "plasmid",
  });
  await partner.hear();
  return partner;
}

/** A giver that leaves the bytes somewhere and sends a notice that they are there. */
async function noticed(
  way: Way,
  place: string,
  leave: (bytes: Uint8Array, notice: Notice, send: (notice: Notice) => void) => void,
  end = () => {},
): Promise<Giver> {
  const partner = await receiver(way, place);
  const send = (notice: Notice) => partner.send(notice);
  return {
    async give(bytes) {
      leave(bytes, { startNs: nowNs(), length: bytes.length }, send);
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

const GIVERS: Record<Name, () => Promise<Giver>> = {
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
    if (redis === undefined) throw new NotInstalled("redis-server");
    const client = new Bun.RedisClient(redis.url);
    await client.connect();
    return await noticed(
      "redis",
      redis.url,
      // Both in one go; the server does them in order.
      (bytes, notice) => {
        void client.set("handed", bytes);
        void client.publish("notice", JSON.stringify(notice));
      },
      () => client.close(),
    );
  },
  async lmdb() {
    const path = join(folder, "lmdb");
    const database = await openLmdb(path);
    return await noticed(
      "lmdb",
      path,
      (bytes, notice, send) => {
        database.putSync("handed", bytes);
        send(notice);
      },
      () => void database.close(),
    );
  },
  async file() {
    const path = join(folder, "handed");
    writeFileSync(path, Buffer.alloc(LARGEST));
    const mapped = Bun.mmap(path);
    return await noticed("file", path, (bytes, notice, send) => {
      mapped.set(bytes);
      send(notice);
    });
  },
  ipc: () => noticed("ipc", "-", (bytes, notice, send) => send({ ...notice, bytes })),
  async thread() {
    const worker = new Worker(join(import.meta.dir, "partners/thread.ts"));
    const heard = () =>
      new Promise<Arrival>(resolve => worker.addEventListener("message", ({ data }) => resolve(data), { once: true }));
    const shared = new Uint8Array(new SharedArrayBuffer(LARGEST));
    return {
      async give(bytes) {
        const arrival = heard();
        const startNs = nowNs();
        shared.set(bytes);
        worker.postMessage({ startNs, length: bytes.length, bytes: shared });
        return await arrival;
      },
      end: async () => worker.terminate(),
    };
  },
};

const random = randomFrom(1);
const givers = new Map<Name, Giver>();
const missing = new Map<Name, string>();
for (const name of Object.keys(NAMES) as Name[]) {
  try {
    givers.set(name, await GIVERS[name]());
  } catch (error) {
    if (name === "plasmid") throw error;
    missing.set(name, error instanceof NotInstalled ? "not installed" : `does not work: ${(error as Error).message}`);
  }
}
for (const size of SIZES) await measure(size);
for (const giver of givers.values()) await giver.end();

async function measure({ bytes: size, warmUps, rounds }: (typeof SIZES)[number]): Promise<void> {
  const us = new Map<Name, number[]>([...givers.keys()].map(name => [name, []]));
  // Always the same: the collector would take away old ones in the time of whoever comes to allocate.
  const bytes = new Uint8Array(size);
  for (let round = 0; round < warmUps + rounds; round++) {
    bytes.fill(round % 256);
    for (const [name, giver] of shuffle([...givers], random)) {
      const { ns, sum } = await giver.give(bytes);
      if (sum !== sumOfPages(bytes)) throw new Error(`${NAMES[name]} gave other bytes`);
      if (round >= warmUps) us.get(name)!.push(ns / 1e3);
    }
  }
  const mine = us.get("plasmid")!;
  for (const name of Object.keys(NAMES) as Name[]) {
    if (name === "plasmid") continue;
    const theirs = us.get(name);
    report({
      what: `${sizeText(size)} to a process that waits`,
      unit: "µs",
      bytes: size,
      measured: sampleOf(mine),
      limit: theirs
        ? { what: NAMES[name], measured: sampleOf(theirs) }
        : { what: `${NAMES[name]}: ${missing.get(name)}`, measured: exactly(Number.NaN) },
      ...(theirs && { ratio: sampleOf(quotients(theirs, mine)) }),
    });
  }
}
