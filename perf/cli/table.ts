import type { Row } from "../run/row.ts";
import { textOf } from "../stats/figure.ts";

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
