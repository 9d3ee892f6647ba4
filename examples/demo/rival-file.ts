/** The same hand-over through a file in memory: one process writes the columns, the other reads them into its own arrays. */
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { Child } from "./child.ts";
import { now } from "./clock.ts";
import { type Columns, makeColumns, sum } from "./flights.ts";
import type { HandOver } from "./hand-over.ts";
import { memoryOf } from "./memory.ts";
import { receive, send } from "./parent.ts";

interface Written {
  path: string;
  rows: number;
}
interface Received {
  startedAt: number;
  receivedAt: number;
  delayMinutes: number;
}

export async function handOverByFile(columns: Columns, directory: string): Promise<HandOver> {
  const child = new Child("the receiver by file", "rival-file.ts", directory);
  await child.next();
  const before = memoryOf(child.pid).own;
  const path = `${directory}/columns`;
  const start = now();
  writeColumns(columns, path);
  const sent = now();
  child.send({ path, rows: columns.date.length } satisfies Written);
  const { startedAt, receivedAt, delayMinutes } = await child.next<Received>();
  const ownBytes = memoryOf(child.pid).own - before;
  await child.release();
  rmSync(path);
  return {
    sendMs: sent - start,
    arriveMs: receivedAt - start,
    anotherMs: receivedAt - startedAt,
    ownBytes,
    delayMinutes,
  };
}

function writeColumns(columns: Columns, path: string): void {
  const file = openSync(path, "wx", 0o600);
  for (const column of Object.values(columns)) each(column, bytes => writeSync(file, bytes));
  closeSync(file);
}

function readColumns({ path, rows }: Written): Columns {
  const columns = makeColumns(rows);
  const file = openSync(path, "r");
  for (const column of Object.values(columns)) each(column, bytes => readSync(file, bytes));
  closeSync(file);
  return columns;
}

/** Calls `transfer` until it has taken all of the column's bytes. */
function each(column: ArrayBufferView, transfer: (bytes: Uint8Array) => number): void {
  for (let done = 0; done < column.byteLength; ) {
    const rest = new Uint8Array(column.buffer, column.byteOffset + done, column.byteLength - done);
    const count = transfer(rest);
    if (count === 0) throw new Error("the file is shorter than its columns");
    done += count;
  }
}

if (import.meta.main) {
  const pending = receive<Written>();
  send("waiting");
  const written = await pending;
  const startedAt = now();
  const columns = readColumns(written);
  const receivedAt = now();
  send({ startedAt, receivedAt, delayMinutes: sum(columns.delay) } satisfies Received);
}
