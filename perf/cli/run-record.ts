import { noiseOf, readNoise } from "../compare/noise.ts";
import { resolveRevision, thisTree } from "../compare/revision.ts";
import { readAnchor } from "../history/anchor.ts";
import { artifactOf } from "../history/artifact.ts";
import { HISTORY } from "../history/line.ts";
import { append, linesOf } from "../history/record.ts";
import { timeText } from "../stats/figure.ts";
import { columns } from "./columns.ts";
import { type Command, numberOf } from "./command.ts";
import { PAIR_HELP, PAIR_OPTIONS } from "./comparison-options.ts";
import { compareWith, probesOf, USUAL_PAIRS } from "./run-compare.ts";

const HELP = `bun perf record [--only part of a name,...] [options]

Measures this checkout in pairs with the anchor revision (perf/anchor.json) and adds a line for each probe to perf/history.jsonl.
The ratio to the anchor is what compares from day to day: what the machine did falls on both. \`bun perf trend\` reads it.

  --only A,B       the probes whose names contain one of these
  --anchor REV     another anchor than perf/anchor.json's
  --file PATH      another file than perf/history.jsonl
${PAIR_HELP}`;

export const recordCommand: Command = {
  about: "measure against the anchor and add to the history",
  help: HELP,
  names: { most: 0, instead: "--only A,B chooses probes" },
  options: { ...PAIR_OPTIONS, only: { type: "string" }, anchor: { type: "string" }, file: { type: "string" } },
  async run(call) {
    const anchor = await resolveRevision((call.options.anchor as string | undefined) ?? readAnchor().revision);
    const { judgements, failed, ...setting } = await compareWith(anchor, probesOf(call), call);
    const noise = readNoise();
    const asked = numberOf(call, "pairs", USUAL_PAIRS);
    const whole = judgements.filter(({ pairs }) => pairs >= asked);
    const lines = linesOf(setting, anchor, artifactOf(thisTree()), whole, probe => noiseOf(noise, probe));
    append(lines, (call.options.file as string | undefined) ?? HISTORY);
    if (call.options.json) for (const line of lines) console.log(JSON.stringify(line));
    else {
      const cells = lines.map(({ probe, ns, ratio, ratioLow, ratioHigh }) => [
        probe,
        timeText(ns),
        ratio.toFixed(3),
        `${ratioLow.toFixed(3)} .. ${ratioHigh.toFixed(3)}`,
      ]);
      console.log(columns(["probe", "time", "of the anchor's", "95% interval"], cells).join("\n"));
    }
    for (const { probe, pairs } of judgements.filter(({ pairs }) => pairs < asked))
      console.error(`${probe} was broken off after ${pairs} of ${asked} pairs: not recorded`);
    for (const [probe, why] of Object.entries(failed)) console.error(`${probe} did not run: ${why}`);
    return Object.keys(failed).length > 0 ? 1 : 0;
  },
};
