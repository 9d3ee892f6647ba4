/**
 * Receives bytes, again and again: `args` are the way and the place (a store, a URL, a path). Says of each when it had looked at every
 * page, by the time since the giver began. All but Plasmid, which waits by itself, are told by a message of IPC that bytes are there.
 */
import { openLmdb } from "../../peers/lmdb.ts";
import { type Arrival, type Notice, sumOfPages, type Way } from "../../peers/ways.ts";
import { sameStore } from "../../run/bench.ts";
import { nowNs } from "../../run/limits.ts";
import { answer } from "../../run/partner.ts";

const [way, place, count] = process.argv.slice(2) as [Way, string, string];

function arrived(startNs: number, bytes: Uint8Array): void {
  const sum = sumOfPages(bytes);
  answer({ ns: nowNs() - startNs, sum } satisfies Arrival);
}

/** Until the giver closes the channel. */
async function onNotice(read: (notice: Notice) => Uint8Array | Promise<Uint8Array>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.on("message", async message => {
    const notice = message as Notice;
    arrived(notice.startNs, await read(notice));
  });
  process.on("disconnect", resolve);
  answer("ready");
  await promise;
}

const receive: Record<Way, () => Promise<void>> = {
  async plasmid() {
    using store = sameStore(place);
    answer("ready");
    for (let i = 0; i < Number(count); i++) {
      const name = `handed/${i}`;
      await store.wait([name]);
      using lease = store.lease<Required<Notice>>(name);
      arrived(lease.value.startNs, lease.value.bytes);
    }
  },
  async redis() {
    const client = new Bun.RedisClient(place);
    await client.connect();
    await onNotice(async () => (await client.getBuffer("handed"))!);
    client.close();
  },
  async lmdb() {
    const database = openLmdb(place);
    await onNotice(() => {
      database.resetReadTxn();
      return database.getBinary("handed")!;
    });
    await database.close();
  },
  file: () => onNotice(() => Bun.mmap(place)),
  ipc: () => onNotice(({ bytes }) => bytes!),
};
await receive[way]();
process.exit(0);
