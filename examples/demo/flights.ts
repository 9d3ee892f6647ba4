import { type FileMetaData, parquetMetadata, parquetRead } from "hyparquet";
import { compressors } from "hyparquet-compressors";

/** The demo's store; its folder is the main process's to choose. */
export const storeName = "flights";

/** What the store holds under the name "flights": the columns and what there is to say about them. */
export interface Flights {
  about: About;
  columns: Columns;
}

/** One row a flight. `origin` and `destination` are indexes into `about.airports`. */
export interface Columns {
  /** Local time of departure, in milliseconds since 1970. */
  date: Float64Array;
  /** Minutes late, negative when early. */
  delay: Int16Array;
  /** Miles. */
  distance: Uint16Array;
  origin: Uint16Array;
  destination: Uint16Array;
}

export interface About {
  title: string;
  source: { package: string; file: string; bytes: number };
  period: { from: Date; to: Date };
  totals: Totals;
  airports: Airport[];
  /** An airport's index, by its code. */
  codes: Map<string, number>;
}

export interface Airport {
  code: string;
  city: string;
  state: string;
}

/** Counted twice, by reading and by each question, so that a wrong answer shows. */
export interface Totals {
  flights: number;
  delayMinutes: number;
}

const file = "flights-3m.parquet";

/** Decodes the parquet file into columns, one row group at a time. */
export async function readFlights(onProgress: (share: number) => void): Promise<Flights> {
  const bytes = await data(file).arrayBuffer();
  const metadata = parquetMetadata(bytes);
  const rows = Number(metadata.num_rows);
  const columns = makeColumns(rows);
  const codes = new Map<string, number>();
  for (let group = 0, row = 0; group < metadata.row_groups.length; group++) {
    row += await readRowGroup(bytes, metadata, group, row, columns, codes);
    onProgress(row / rows);
    await Bun.sleep(0); // lets a signal in
  }
  const about: About = {
    title: `${rows.toLocaleString("en")} flights in the United States`,
    source: { package: "vega-datasets", file, bytes: bytes.byteLength },
    period: { from: new Date(columns.date[0]!), to: new Date(columns.date[rows - 1]!) },
    totals: { flights: rows, delayMinutes: sum(columns.delay) },
    airports: await describeAirports(codes),
    codes,
  };
  return { about, columns };
}

export function makeColumns(rows: number): Columns {
  return {
    date: new Float64Array(rows),
    delay: new Int16Array(rows),
    distance: new Uint16Array(rows),
    origin: new Uint16Array(rows),
    destination: new Uint16Array(rows),
  };
}

export function bytesOf(columns: Columns): number {
  return Object.values(columns).reduce((bytes, column) => bytes + column.byteLength, 0);
}

export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

/** Returns how many rows the group has. */
async function readRowGroup(
  file: ArrayBuffer,
  metadata: FileMetaData,
  group: number,
  firstRow: number,
  columns: Columns,
  codes: Map<string, number>,
): Promise<number> {
  const rows = Number(metadata.row_groups[group]!.num_rows);
  await parquetRead({
    file,
    metadata,
    compressors,
    columns: Object.keys(columns),
    rowStart: firstRow,
    rowEnd: firstRow + rows,
    // Only numbers are wanted: three million Dates would be made to be thrown away.
    parsers: { timestampFromMicroseconds: micros => Number(micros) / 1000 },
    onChunk: ({ columnName, columnData, rowStart }) => {
      const to = columns[columnName as keyof Columns];
      for (let i = 0; i < columnData.length; i++) {
        const value: unknown = columnData[i];
        to[rowStart + i] = typeof value === "string" ? codeOf(value, codes) : Number(value);
      }
    },
  });
  return rows;
}

function codeOf(airport: string, codes: Map<string, number>): number {
  let code = codes.get(airport);
  if (code === undefined) {
    code = codes.size;
    codes.set(airport, code);
  }
  return code;
}

/** The airports in the order of their codes, with the cities they serve. */
async function describeAirports(codes: Map<string, number>): Promise<Airport[]> {
  const airports = [...codes.keys()].map(code => ({ code, city: code, state: "" }));
  for (const line of (await data("airports.csv").text()).split("\n")) {
    // iata,name,city,state,...: the name may be quoted, and hold commas
    const [, code = "", city = "", state = ""] = /^([^,]*),(?:"(?:[^"]|"")*"|[^,]*),([^,]*),([^,]*)/.exec(line) ?? [];
    const airport = airports[codes.get(code) ?? -1];
    if (airport && city !== "NA") Object.assign(airport, { city, state });
  }
  return airports;
}

function data(name: string): Bun.BunFile {
  return Bun.file(new URL(`../data/${name}`, import.meta.resolve("vega-datasets")));
}
