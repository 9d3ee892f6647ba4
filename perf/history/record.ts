import { appendFileSync } from "node:fs";
import type { Judgement } from "../compare/verdict.ts";
import { HISTORY, type HistoryLine, SCHEMA } from "./line.ts";
import type { Setting } from "./recording.ts";
import { round } from "./round.ts";

/** The lines that a comparison with the anchor adds to the history. */
export function linesOf(
  { at, revision, dirty, machine, bun, compiler }: Setting,
  anchor: string,
  artifact: string,
  judgements: readonly Judgement[],
  noiseOf: (probe: string) => number,
): HistoryLine[] {
  return judgements.map(found => ({
    schema: SCHEMA,
    at,
    revision,
    dirty,
    machine,
    bun,
    compiler,
    artifact,
    probe: found.probe,
    ns: round(found.ns),
    nsLow: round(found.nsLow),
    nsHigh: round(found.nsHigh),
    anchor,
    ratio: round(1 + found.change),
    ratioLow: round(1 + found.low),
    ratioHigh: round(1 + found.high),
    pairs: found.pairs,
    noise: round(noiseOf(found.probe)),
  }));
}

/** Writes them behind those that are there. */
export function append(lines: readonly HistoryLine[], file = HISTORY): void {
  appendFileSync(file, lines.map(line => `${JSON.stringify(line)}\n`).join(""));
}
