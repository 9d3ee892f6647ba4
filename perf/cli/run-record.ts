import { USUAL_PAIRS } from "../compare/comparison.ts";
import { noiseOf, readNoise } from "../compare/noise.ts";
import { resolveRevision, thisTree } from "../compare/revision.ts";
import { readAnchor } from "../history/anchor.ts";
import { artifactOf } from "../history/artifact.ts";
import { benchLines, UNANCHORED } from "../history/bench-lines.ts";
import { HISTORY, type HistoryLine } from "../history/line.ts";
import { append, linesOf } from "../history/record.ts";
import { settingHere } from "../history/setting.ts";
import { anchorText } from "../history/trend.ts";
import { timeText } from "../stats/figure.ts";
import { chosen, partsOf } from "./chosen.ts";
import { columns } from "./columns.ts";
import { type Call, type Command, numberOf } from "./command.ts";
import { PAIR_HELP, PAIR_OPTIONS } from "./comparison-options.ts";
import { runBenches } from "./record-benches.ts";
import { compareIn, probesOf } from "./run-compare.ts";
import { Session } from "./session.ts";

const HELP = `bun perf record [--only part of a name,... | --benches part of a name,...] [options]

Measures this checkout in pairs with the anchor revision (perf/anchor.json) and adds a line for each probe to perf/history.jsonl.
The ratio to the anchor is what compares from day to day: what the machine did falls on both. \`bun perf trend\` reads it.
Before that the benches that no probe can be (${UNANCHORED.join(", ")}) are run, quick, as often as there are pairs: their lines
have the ratio to the limit or peer of the same run in place of the anchor's.

  --only A,B       the probes whose names contain one of these, and no benches
  --benches A,B    the benches whose names contain one of these, and no probes
  --anchor REV     another anchor than perf/anchor.json's
  --file PATH      another file than perf/history.jsonl
${PAIR_HELP}`;

export const recordCommand: Command = {
  about: "measure against the anchor and add to the history",
  help: HELP,
  names: { most: 0, instead: "--only A,B chooses probes" },
  options: {
    ...PAIR_OPTIONS,
    only: { type: "string" },
    benches: { type: "string" },
    anchor: { type: "string" },
    file: { type: "string" },
  },
  async run(call) {
    const benches = benchesOf(call);
    const probes = call.options.benches === undefined ? probesOf(call) : [];
    using session = new Session();
    const inTime = benches.length === 0 || (await recordBenches(session, benches, call));
    const inPairs = probes.length === 0 || session.signal.aborted || (await recordProbes(session, probes, call));
    return inTime && inPairs ? 0 : 1;
  },
};

/** All, if nothing else is asked for. */
function benchesOf({ options: { benches, only } }: Call): readonly string[] {
  if (typeof benches !== "string") return only === undefined ? UNANCHORED : [];
  return chosen(
    UNANCHORED,
    partsOf(benches),
    part => `record knows no bench ${part}; there are ${UNANCHORED.join(", ")}`,
  );
}

/** Says whether all ended well. */
async function recordBenches(session: Session, benches: readonly string[], call: Call): Promise<boolean> {
  const setting = await settingHere();
  const { runs, failed } = await runBenches(session, benches, numberOf(call, "pairs", USUAL_PAIRS));
  if (session.signal.aborted) {
    console.error("the benches were broken off: nothing is recorded");
    return false;
  }
  write(benchLines(setting, artifactOf(thisTree()), runs), call);
  for (const [bench, why] of failed) console.error(`${bench} is not recorded: ${why}`);
  return failed.size === 0;
}

/** Says whether all ran. */
async function recordProbes(session: Session, probes: readonly string[], call: Call): Promise<boolean> {
  const anchor = await resolveRevision((call.options.anchor as string | undefined) ?? readAnchor().revision);
  const { judgements, failed, ...setting } = await compareIn(session, anchor, probes, call);
  const noise = readNoise();
  const asked = numberOf(call, "pairs", USUAL_PAIRS);
  const whole = judgements.filter(({ pairs }) => pairs >= asked);
  write(
    linesOf(setting, anchor, artifactOf(thisTree()), whole, probe => noiseOf(noise, probe)),
    call,
  );
  for (const { probe, pairs } of judgements.filter(({ pairs }) => pairs < asked))
    console.error(`${probe} was broken off after ${pairs} of ${asked} pairs: not recorded`);
  for (const [probe, why] of Object.entries(failed)) console.error(`${probe} did not run: ${why}`);
  return Object.keys(failed).length === 0;
}

/** Adds lines to the history, and shows them. */
function write(lines: readonly HistoryLine[], { options }: Call): void {
  append(lines, (options.file as string | undefined) ?? HISTORY);
  if (options.json) {
    for (const line of lines) console.log(JSON.stringify(line));
    return;
  }
  const cells = lines.map(({ probe, ns, anchor, ratio, ratioLow, ratioHigh }) => [
    probe,
    timeText(ns),
    anchorText(anchor),
    ratio.toFixed(3),
    `${ratioLow.toFixed(3)} .. ${ratioHigh.toFixed(3)}`,
  ]);
  console.log(columns(["probe", "time", "anchor", "of its time", "95% interval"], cells).join("\n"));
}
