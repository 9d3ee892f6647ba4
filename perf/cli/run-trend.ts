import { resolveRevision } from "../compare/revision.ts";
import { HISTORY, HistoryError, readHistory } from "../history/line.ts";
import { addMark, MARKS, readMarks } from "../history/marks.ts";
import { anchorText, ENOUGH, type Shift, type Trend, trendsOf } from "../history/trend.ts";
import { PROBES } from "../probes/list.ts";
import { chosen } from "./chosen.ts";
import { columns } from "./columns.ts";
import { type Call, type Command, UsageError } from "./command.ts";

const HELP = `bun perf trend [part of a probe's name...] [options]

Where the level of a probe has shifted, by perf/history.jsonl: change points by E-divisive with a permutation test, from ${ENOUGH} lines on.
A shift that is known is marked with its reason, in perf/marks.json, and is no news any more.

  --mark PROBE@REVISION --why TEXT    marks a shift
  --file PATH                         another history; --marks PATH: other marks
  --json                              the trends, as JSON`;

export const trendCommand: Command = {
  about: "where the history's levels have shifted",
  help: HELP,
  names: { most: Number.POSITIVE_INFINITY },
  options: {
    json: { type: "boolean" },
    mark: { type: "string" },
    why: { type: "string" },
    file: { type: "string" },
    marks: { type: "string" },
  },
  async run(call) {
    const { file = HISTORY, marks = MARKS } = call.options as { file?: string; marks?: string };
    if (call.options.mark !== undefined) await mark(call, file, marks);
    const all = readTrends(file, marks);
    const probes = [...new Set(all.map(({ probe }) => probe))];
    const refusal = (part: string) => `the history has no probe ${part}; there are ${probes.join(", ")}`;
    const shown = all.length === 0 ? [] : chosen(probes, call.names, refusal);
    const trends = all.filter(({ probe }) => shown.includes(probe));
    if (call.options.json) console.log(JSON.stringify(trends));
    else show(trends);
    return 0;
  },
};

function readTrends(file: string, marks: string): Trend[] {
  try {
    return trendsOf(readHistory(file), readMarks(marks));
  } catch (error) {
    if (error instanceof HistoryError) throw new UsageError(error.message);
    throw error;
  }
}

async function mark({ options }: Call, history: string, marks: string): Promise<void> {
  const [probe, revision] = String(options.mark).split("@");
  if (!probe || !revision || typeof options.why !== "string") {
    throw new UsageError("a mark is --mark PROBE@REVISION --why TEXT");
  }
  // A bench's row is no probe, and a probe may be marked before it has a line.
  const isKnown = Object.hasOwn(PROBES, probe) || readTrends(history, marks).some(trend => trend.probe === probe);
  if (!isKnown) throw new UsageError(`no probe is called ${probe}; see bun perf compare --list`);
  addMark({ probe, revision: await resolveRevision(revision), why: options.why }, marks);
}

function show(trends: readonly Trend[]): void {
  if (trends.length === 0) {
    console.log("no history yet: bun perf record begins one");
    return;
  }
  const cells = trends.map(({ probe, machine, anchor, lines, shifts }) => [
    probe,
    machine,
    anchorText(anchor),
    String(lines.length),
    lines.at(-1)!.ratio.toFixed(3),
    lines.length < ENOUGH ? `not enough lines yet: ${ENOUGH} are needed` : shifts.map(shiftText).join("; ") || "none",
  ]);
  console.log(columns(["probe", "machine", "anchor", "lines", "of its time", "shifts"], cells).join("\n"));
}

function shiftText({ revision, change, p, why }: Shift): string {
  const share = `${change < 0 ? "-" : "+"}${Math.abs(change * 100).toFixed(1)}%`;
  return `${share} at ${revision.slice(0, 10)} (${why === undefined ? `p ${p.toPrecision(1)}, not marked` : why})`;
}
