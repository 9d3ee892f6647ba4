import type { Row } from "./row.ts";
import type { Sample } from "./sample.ts";

const HEADS = ["what", "measured", "limit or peer", "ratio", "goal", "reached"];

/** Rows as text, columns aligned; what a row notes stands below it. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(cellsOf);
  const widths = HEADS.map((head, i) => Math.max(head.length, ...lines.map(cells => cells[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd();
  const out = [line(HEADS), line(widths.map(width => "-".repeat(width)))];
  for (let i = 0; i < rows.length; i++) {
    out.push(line(lines[i]!));
    for (const note of rows[i]!.note?.split("\n") ?? []) out.push(`    ${note}`);
  }
  return out.join("\n");
}

function cellsOf(row: Row): string[] {
  const limit = row.limit === undefined ? "" : `${textOf(row.limit.measured, row.unit)} ${row.limit.what}`;
  const reached = row.reached === undefined ? "" : row.reached ? "yes" : "NO";
  return [row.what, textOf(row.measured, row.unit), limit, row.ratio ? textOf(row.ratio) : "", row.goal ?? "", reached];
}

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
