import type { HistogramJson } from "../stats/histogram.ts";
import type { Sample } from "../stats/sample.ts";

/** What a row's `ratio` is, whatever its unit. */
export const RATIO = "times as good as the limit or peer beside it: above 1 is better";

/** One line of the table. */
export interface Row {
  /** What was measured. */
  what: string;
  /** Of `measured` and of the limit's sample: a suffix like "GB/s". */
  unit: string;
  measured: Sample;
  /** Which way is better; absent: more of what is a second's ("/s"), less of all else. Who has no unit says it. */
  better?: "more" | "less";
  /** Of what is put, got or handed over by one, where the unit is of time. */
  bytes?: number;
  /** What it is held against, measured in the same run. */
  limit?: { what: string; measured: Sample };
  /** How many times as good as the limit: of rates measured to limit, of times and bytes limit to measured; of the same rounds if there are any. */
  ratio?: Sample;
  /** In words; absent: the row is there to be read beside others. */
  goal?: string;
  reached?: boolean;
  /** What else there is to say. */
  note?: string;
  /** The row is a point of a chart: throughput by size, a line for each thing. */
  point?: { line: string; bytes: number };
  /** How long each single one took, in nanoseconds. */
  latencies?: HistogramJson;
}

/** A bench hands in a row: a line of JSON on standard output, which the harness collects. */
export function report(row: Row): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}
