import type { Sample } from "./sample.ts";

/** Median and spread. */
export function textOf(sample: Sample, unit = ""): string {
  // Not a number, or what JSON makes of it.
  if (!Number.isFinite(sample.median)) return "-";
  const spread = sample.count > 1 ? ` (${figure(sample.low)}..${figure(sample.high)})` : "";
  const parted = unit.startsWith("/") || unit === "" ? unit : ` ${unit}`;
  return `${figure(sample.median)}${parted}${spread}`;
}

/** Three digits that count, thousands parted. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  const rounded = Math.abs(value) >= 1000 ? Number(value.toPrecision(3)) : value;
  return rounded.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Nanoseconds in the unit that fits. */
export function timeText(ns: number): string {
  if (ns < 1e3) return `${figure(ns)} ns`;
  if (ns < 1e6) return `${figure(ns / 1e3)} µs`;
  return ns < 1e9 ? `${figure(ns / 1e6)} ms` : `${figure(ns / 1e9)} s`;
}
