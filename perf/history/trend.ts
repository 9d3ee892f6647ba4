import { withoutKernel } from "../compare/machine.ts";
import { changePoints } from "../stats/change-points.ts";
import { median } from "../stats/median.ts";
import type { HistoryLine } from "./line.ts";
import type { Mark } from "./marks.ts";

/**
 * From so many lines on a level shift can be told from chance: a clean step with at least 4 lines on either side is found in nineteen
 * histories of twenty. Of 8 lines 2 in 70 orders split as well as the best, of 9 still 2 in 126: more than the 1% of the test.
 */
export const ENOUGH = 12;

/** A place where the level has shifted. */
export interface Shift {
  /** The line that begins the new level, counted among the probe's. */
  at: number;
  revision: string;
  p: number;
  /** How much slower the new level is, as a share; below 0: faster. */
  change: number;
  /** Why, if it is known. */
  why?: string;
}

/** A revision's first digits; of a limit, its words. */
export function anchorText(anchor: string): string {
  return /^[0-9a-f]{40}$/.test(anchor) ? anchor.slice(0, 10) : anchor;
}

/** What the history of a probe on one machine, against one anchor, says. */
export interface Trend {
  probe: string;
  /** Whatever its kernel: that is in each line. */
  machine: string;
  anchor: string;
  lines: HistoryLine[];
  /** None can be found in fewer than ENOUGH lines. */
  shifts: Shift[];
}

/**
 * The trends of all probes, each on each machine and against each anchor alone: what was measured elsewhere does not compare. A new kernel
 * is no new machine, for the anchor was measured under it too.
 */
export function trendsOf(history: readonly HistoryLine[], marks: readonly Mark[]): Trend[] {
  const groups = Map.groupBy(history, ({ probe, machine, anchor }) =>
    JSON.stringify([probe, withoutKernel(machine), anchor]),
  );
  return [...groups.values()].map(lines => {
    const { probe, machine, anchor } = lines[0]!;
    return { probe, machine: withoutKernel(machine), anchor, lines, shifts: shiftsOf(lines, marks) };
  });
}

function shiftsOf(lines: HistoryLine[], marks: readonly Mark[]): Shift[] {
  if (lines.length < ENOUGH) return [];
  const ratios = lines.map(({ ratio }) => Math.log(ratio));
  const found = changePoints(ratios);
  return found.map(({ at, p }, i) => {
    const before = ratios.slice(found[i - 1]?.at ?? 0, at);
    const after = ratios.slice(at, found[i + 1]?.at);
    const { revision, probe } = lines[at]!;
    const why = marks.find(mark => mark.probe === probe && revision.startsWith(mark.revision))?.why;
    return { at, revision, p, change: Math.expm1(median(after) - median(before)), ...(why !== undefined && { why }) };
  });
}
