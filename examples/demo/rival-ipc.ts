/** The same hand-over through Bun's own IPC: the columns are serialised, sent over a socket and built anew. */
import { Child } from "./child.ts";
import { now } from "./clock.ts";
import { type Columns, sum } from "./flights.ts";
import type { HandOver } from "./hand-over.ts";
import { memoryOf } from "./memory.ts";
import { receive, send } from "./parent.ts";

interface Received {
  receivedAt: number;
  delayMinutes: number;
}

export async function handOverByIpc(columns: Columns, directory: string): Promise<HandOver> {
  const child = new Child("the receiver by IPC", "rival-ipc.ts", directory);
  await child.next();
  const before = memoryOf(child.pid).own;
  const start = now();
  child.send(columns);
  const sent = now();
  const { receivedAt, delayMinutes } = await child.next<Received>();
  const ownBytes = memoryOf(child.pid).own - before;
  await child.release();
  return {
    sendMs: sent - start,
    arriveMs: receivedAt - start,
    anotherMs: receivedAt - start,
    ownBytes,
    delayMinutes,
  };
}

if (import.meta.main) {
  const pending = receive<Columns>();
  send("waiting");
  const columns = await pending;
  const receivedAt = now();
  send({ receivedAt, delayMinutes: sum(columns.delay) } satisfies Received);
}
