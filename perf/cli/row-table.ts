import type { Row } from "../run/row.ts";
import { textOf } from "../stats/figure.ts";
import { columns } from "./columns.ts";
import { throughputOf } from "./throughput.ts";

const HEADS = ["what", "measured", "throughput", "limit or peer", "times as good", "goal", "reached"];

/** Rows as text, columns aligned; what a row notes stands below it. */
export function rowTable(rows: readonly Row[]): string {
  const [head, rule, ...lines] = columns(HEADS, rows.map(cellsOf));
  const noted = lines.flatMap((line, i) => [line, ...(rows[i]!.note?.split("\n") ?? []).map(note => `    ${note}`)]);
  return [head, rule, ...noted].join("\n");
}

function cellsOf(row: Row): string[] {
  const limit = row.limit === undefined ? "" : `${textOf(row.limit.measured, row.unit)} ${row.limit.what}`;
  const reached = row.reached === undefined ? "" : row.reached ? "yes" : "NO";
  return [
    row.what,
    textOf(row.measured, row.unit),
    throughputOf(row),
    limit,
    row.ratio ? textOf(row.ratio) : "",
    row.goal ?? "",
    reached,
  ];
}
