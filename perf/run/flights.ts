import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { tableFromIPC } from "@uwdata/flechette";
import { bytesOf, type Columns, makeColumns, readFlights } from "../../examples/demo/flights.ts";
import { keptFile } from "./kept.ts";

const ROWS = 3_000_000;
/** Unpacking takes 5 seconds, and is the same each time. */
const UNPACKED = "flights-3m.columns";

/** The columns of flights-3m.parquet; `origin` and `destination` are numbers for airports. */
export async function flightColumns(): Promise<Columns> {
  const file = keptFile(UNPACKED);
  const columns = makeColumns(ROWS);
  if (!existsSync(file)) await unpack(file);
  const bytes = readFileSync(file);
  if (bytes.length !== bytesOf(columns)) throw new Error(`${file} is not whole: remove it`);
  let at = 0;
  for (const column of Object.values(columns)) {
    new Uint8Array(column.buffer).set(bytes.subarray(at, at + column.byteLength));
    at += column.byteLength;
  }
  return columns;
}

/** Several processes may do it at once: each renames a whole file into place. */
async function unpack(file: string): Promise<void> {
  const { columns } = await readFlights(() => {});
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, Buffer.concat(Object.values(columns).map(column => new Uint8Array(column.buffer))));
  renameSync(draft, file);
}

/** Real doubles: dates, delays and distances of 3,000,000 flights, over and over until there are `count`. */
export async function flightDoubles(count: number): Promise<Float64Array<ArrayBuffer>> {
  const columns = await flightColumns();
  const values = new Float64Array(count);
  const sources = [columns.date, columns.delay, columns.distance];
  for (let at = 0, i = 0; at < count; i++) {
    const source = sources[i % sources.length]!;
    const part = source.subarray(0, Math.min(source.length, count - at));
    values.set(part, at);
    at += part.length;
  }
  return values;
}

/** The three columns of flights-200k.arrow: minutes late, miles, hour of the day. */
export async function arrowColumns(): Promise<Record<string, unknown>> {
  const file = new URL("../data/flights-200k.arrow", import.meta.resolve("vega-datasets"));
  const table = tableFromIPC(await Bun.file(file).bytes());
  return Object.fromEntries(table.names.map(name => [name, table.getChild(name).toArray()]));
}
