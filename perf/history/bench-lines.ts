import { medianInterval } from "../stats/bootstrap.ts";
import { median } from "../stats/median.ts";
import { type HistoryLine, SCHEMA } from "./line.ts";
import type { RecordedRow, Setting } from "./recording.ts";
import { round } from "./round.ts";

/** Benches that no probe can be, of several processes, or of a disk: no anchor can be measured beside them. */
export const UNANCHORED: readonly string[] = ["two-processes", "wake", "spill", "recovery"];

const NS: Readonly<Record<string, number>> = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 };

/**
 * The lines that runs of these benches add to the history: for each row that stands beside a limit or a peer, its time as a share of what
 * that took in the same run. A run is one piece of evidence, however much it measured.
 */
export function benchLines(setting: Setting, artifact: string, runs: readonly RecordedRow[][]): HistoryLine[] {
  const { at, revision, dirty, machine, bun, compiler } = setting;
  const compared = runs.flat().filter(row => shareOf(row) !== undefined);
  const groups = Map.groupBy(compared, ({ bench, what, limit }) => JSON.stringify([bench, what, limit!.what]));
  return [...groups.values()]
    .filter(rows => rows.length === runs.length)
    .map(rows => {
      const { bench, what, limit } = rows[0]!;
      const times = rows.map(row => nsOf(row.measured.median, row.unit)!);
      const shares = rows.map(row => Math.log(shareOf(row)!));
      const [time, share] = [medianInterval(times), medianInterval(shares)];
      return {
        ...{ schema: SCHEMA, at, revision, dirty, machine, bun, compiler, artifact },
        probe: `${bench}: ${what.trim()}`,
        ns: round(median(times)),
        nsLow: round(time.low),
        nsHigh: round(time.high),
        anchor: limit!.what,
        ratio: round(Math.exp(median(shares))),
        ratioLow: round(Math.exp(share.low)),
        ratioHigh: round(Math.exp(share.high)),
        pairs: rows.length,
        noise: 0,
      };
    });
}

/** Its time as a share of the limit's; undefined where either was not measured, or is no matter of time. */
function shareOf({ measured, limit, unit }: RecordedRow): number | undefined {
  if (limit === undefined || !(measured.median > 0) || !(limit.measured.median > 0)) return undefined;
  const [mine, theirs] = [nsOf(measured.median, unit), nsOf(limit.measured.median, unit)];
  return mine === undefined || theirs === undefined ? undefined : mine / theirs;
}

function nsOf(value: number, unit: string): number | undefined {
  if (unit === "/s") return 1e9 / value;
  return NS[unit] === undefined ? undefined : value * NS[unit];
}
