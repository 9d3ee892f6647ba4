/**
 * Receives bytes, again and again: `args` are the way and the place (a store, a URL, a path). Says of each when it had looked at every
 * page, by the time since the giver began. Plasmid waits by itself, Redis by a subscription; the others are told by a message of IPC.
 */
import type { Store } from "../../../src/index.ts";
import { openLmdb } from "../../peers/lmdb.ts";
import { type Arrival, type Notice, sumOfPages, type Way } from "../../peers/ways.ts";
import { sameStore } from "../../run/bench.ts";
import { nowNs } from "../../run/limits.ts";
import { answer } from "../../run/partner.ts";

const [way, place, count] = process.argv.slice(2) as [Way, string, string];

function arrivalOf(startNs: number, bytes: Uint8Array): Arrival {
  const sum = sumOfPages(bytes);
  return { ns: nowNs() - startNs, sum };
}

type Read = (notice: Notice) => Uint8Array | Promise<Uint8Array>;

async function receiveOn(read: Read, notice: Notice): Promise<void> {
  answer(arrivalOf(notice.startNs, await read(notice)));
}

/** Until the giver closes the channel. */
async function untilClosed(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.on("disconnect", resolve);
  answer("ready");
  await promise;
}

async function onNotice(read: Read): Promise<void> {
  process.on("message", message => void receiveOn(read, message as Notice));
  await untilClosed();
}

const receive: Record<Way, () => Promise<void>> = {
  async plasmid() {
    using store = sameStore(place);
    answer("ready");
    for (let i = 0; i < Number(count); i++) answer(await takeFrom(store, `handed/${i}`));
  },
  async redis() {
    const [client, subscriber] = [new Bun.RedisClient(place), new Bun.RedisClient(place)];
    await Promise.all([client.connect(), subscriber.connect()]);
    const read = async () => (await client.getBuffer("handed"))!;
    await subscriber.subscribe("notice", message => void receiveOn(read, JSON.parse(message)));
    await untilClosed();
    subscriber.close();
    client.close();
  },
  async lmdb() {
    const database = await openLmdb(place);
    await onNotice(({ length }) => {
      database.resetReadTxn();
      // Into a buffer that is used again: what is behind the value is of no matter.
      return database.getBinaryFast("handed")!.subarray(0, length);
    });
    await database.close();
  },
  async file() {
    const mapped = Bun.mmap(place);
    await onNotice(({ length }) => mapped.subarray(0, length));
  },
  ipc: () => onNotice(({ bytes }) => bytes!),
};

/** The giver hears of it when the lease has ended: what it puts next takes the same pages. */
async function takeFrom(store: Store, name: string): Promise<Arrival> {
  await store.wait([name]);
  using lease = store.lease<{ startNs: number; bytes: Uint8Array }>(name);
  return arrivalOf(lease.value.startNs, lease.value.bytes);
}

await receive[way]();
process.exit(0);
