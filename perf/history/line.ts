import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/paths.ts";
import type { Setting } from "./recording.ts";

/** What is written now; a line of a later one is refused. */
export const SCHEMA = 1;

/** A line of perf/history.jsonl: one probe, measured in pairs with the anchor revision, or a row of a bench beside its limit. docs/performance.md has the fields in a table. */
export interface HistoryLine extends Omit<Setting, "load"> {
  schema: number;
  /** SHA-256 of the library and of the sources in src/, the first 16 digits. */
  artifact: string;
  probe: string;
  /** The median of the pairs' medians, in nanoseconds, and its 95% interval. */
  ns: number;
  nsLow: number;
  nsHigh: number;
  /** The revision that was measured in the same session, or a bench's limit in words; and this one's time as a share of its, with its 95% interval. */
  anchor: string;
  ratio: number;
  ratioLow: number;
  ratioHigh: number;
  pairs: number;
  /** How far apart two runs of the same code lay on that machine, as a share; 0: not known. */
  noise: number;
}

/** What each field is: JSON has no NaN, so a number is one that can be reckoned with. */
const FIELDS: Readonly<Record<keyof HistoryLine, "number" | "string" | "boolean">> = {
  schema: "number",
  at: "string",
  revision: "string",
  dirty: "boolean",
  machine: "string",
  bun: "string",
  compiler: "string",
  artifact: "string",
  probe: "string",
  ns: "number",
  nsLow: "number",
  nsHigh: "number",
  anchor: "string",
  ratio: "number",
  ratioLow: "number",
  ratioHigh: "number",
  pairs: "number",
  noise: "number",
};

/** Where the history is. */
export const HISTORY = join(root, "perf", "history.jsonl");

/** A history that can't be read. */
export class HistoryError extends Error {}

/** All lines, in order; none if there is no file. @throws HistoryError that names the line. */
export function readHistory(file = HISTORY): HistoryLine[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return text.split("\n").flatMap((line, i) => (line === "" ? [] : [parseLine(line, `${file}:${i + 1}`)]));
}

function parseLine(text: string, place: string): HistoryLine {
  let line: HistoryLine;
  try {
    line = JSON.parse(text);
  } catch {
    throw new HistoryError(`${place} is no JSON: put it right, or take the line out`);
  }
  if (line?.schema !== SCHEMA)
    throw new HistoryError(`${place} has schema ${line?.schema}, this checkout reads ${SCHEMA}`);
  for (const [field, type] of Object.entries(FIELDS) as [keyof HistoryLine, string][]) {
    if (typeof line[field] !== type) throw new HistoryError(`${place} has no ${field} that is a ${type}`);
  }
  return line;
}
