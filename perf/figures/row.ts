import type { Sample } from "./sample.ts";

/** One figure: what was measured, beside its limit or peer of the same run, and whether it reached its goal. */
export interface Row {
  readonly what: string;
  /** With its unit and spread. */
  readonly measured: string;
  /** The limit or the peer, measured in the same run. */
  readonly beside: string;
  readonly goal: string;
  readonly reached: boolean;
}

const UNITS: [number, string][] = [
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "µs"],
  [1, "ns"],
];

/** Nanoseconds as a person writes them. */
export function time(ns: number): string {
  const [size, unit] = UNITS.find(([least]) => ns >= least) ?? [1, "ns"];
  return `${(ns / size).toPrecision(3)} ${unit}`;
}

/** Median, and from the tenth to the ninetieth percentile. */
export function spread(of: Sample): string {
  return `${time(of.p50)} (${time(of.p10)} to ${time(of.p90)})`;
}

/** Calls a second, from nanoseconds a call: median, and from the slowest tenth to the fastest. */
export function rate(of: Sample): string {
  const text = (ns: number) =>
    ns < 1e4 ? `${(1e3 / ns).toPrecision(3)} M/s` : `${Math.round(1e9 / ns).toLocaleString("en")} /s`;
  return `${text(of.p50)} (${text(of.p90)} to ${text(of.p10)})`;
}

/** Prints a row for the one who started this bench. */
export function report(row: Row): void {
  console.log(JSON.stringify(row));
}
