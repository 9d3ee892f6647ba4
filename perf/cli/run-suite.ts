import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/paths.ts";
import { figuresOf, withFigures } from "../history/figures.ts";
import { joined, QUICK_LOOK, RECORDING, type Recording } from "../history/recording.ts";
import { settingHere } from "../history/setting.ts";
import { versionsHere } from "../peers/versions.ts";
import { keep, kept } from "../run/kept.ts";
import { RATIO } from "../run/row.ts";
import { chosen } from "./chosen.ts";
import { type Call, type Command, UsageError } from "./command.ts";
import { Progress } from "./progress.ts";
import { rowTable } from "./row-table.ts";
import { runBench } from "./run-bench.ts";
import { Session } from "./session.ts";
import { allBenches } from "./suite.ts";

const HELP = `bun perf [part of a name...] [--quick | --full] [--json]

Runs the benches whose names are one of the parts, or else contain it, or all, and shows each figure beside the limit or the peer that was measured
in the same run. Without a name it is quick, some 3 minutes, and says less of the codec's peers; with a name it takes its time.
build/perf/run.json keeps what was measured with all repetitions, build/perf/quick.json the last quick look; \`bun perf dashboard\` shows
what is newer. Of benches that fail or are broken off the rows of the run before are kept.

  --quick   few repetitions: a look
  --full    all repetitions, all peers: what is worth writing down
  --keep    put the rows of these benches in place of their older ones; without a name that is done anyway
  --readme  write the README's figures from build/perf/run.json, without measuring
  --json    a line of JSON first for the setting, then for each row, and for each bench that fails
  --list    the names`;

/** The suite, or a part of it. */
export const suiteCommand: Command = {
  about: "run the suite, or the benches with a part of a name",
  help: HELP,
  names: { most: Number.POSITIVE_INFINITY },
  options: {
    json: { type: "boolean" },
    quick: { type: "boolean" },
    full: { type: "boolean" },
    list: { type: "boolean" },
    keep: { type: "boolean" },
    readme: { type: "boolean" },
  },
  async run(call) {
    const benches = benchesOf(call.names);
    if (call.options.list) {
      console.log(call.options.json ? JSON.stringify(benches) : benches.join("\n"));
      return 0;
    }
    if (call.options.readme) {
      const readme = writeReadme();
      console.log(call.options.json ? JSON.stringify({ readme }) : readme);
      return 0;
    }
    const recording = await runSuite(benches, call);
    if (call.names.length === 0 || call.options.keep) keepRecording(recording, call.names.length === 0);
    if (!call.options.json) show(recording);
    if (recording.failed.length > 0) console.error(`failed: ${recording.failed.join(", ")}`);
    return recording.failed.length > 0 ? 1 : 0;
  },
};

function benchesOf(parts: readonly string[]): string[] {
  const all = allBenches();
  return chosen(all, parts, part => `no bench is called ${part}; there are ${all.join(", ")}`);
}

/** With the rows in the order of the suite. */
function inOrder(recording: Recording): Recording {
  const place = new Map(allBenches().map((bench, i) => [bench, i]));
  return {
    ...recording,
    rows: recording.rows.toSorted((a, b) => (place.get(a.bench) ?? 0) - (place.get(b.bench) ?? 0)),
  };
}

/** A whole run takes the place of the one before; of one that is not, what has ended well does, as with a part of the suite. */
function keepRecording(recording: Recording, ofAll: boolean): void {
  const file = recording.quick ? QUICK_LOOK : RECORDING;
  const whole = ofAll && recording.partial === undefined;
  keep(file, whole ? recording : inOrder(joined(kept<Recording>(file), recording)));
}

/** Writes the figures of the run that was kept into the README, whose path it gives. */
function writeReadme(): string {
  const recording = kept<Recording>(RECORDING);
  if (recording === undefined)
    throw new UsageError("nothing was measured yet with all repetitions: bun perf --full, and then bun perf --readme");
  const { partial, versions = {} } = recording;
  if (partial !== undefined)
    throw new UsageError(`the run is partial; first: bun perf ${partial.join(" ")} --full --keep`);
  const readme = join(root, "README.md");
  writeFileSync(readme, withFigures(readFileSync(readme, "utf8"), figuresOf(recording, versions)));
  return readme;
}

/** Runs benches one after the other, each in a process of its own. */
export async function runSuite(benches: readonly string[], { names, options }: Call): Promise<Recording> {
  using session = new Session();
  const { arena, signal } = session;
  const progress = new Progress();
  const quick = options.quick === true || (names.length === 0 && options.full !== true);
  const recording: Recording = {
    ...(await settingHere()),
    quick,
    versions: await versionsHere(),
    rows: [],
    failed: [],
  };
  const well = new Set<string>();
  if (options.json) console.log(JSON.stringify({ ...recording, rows: undefined, failed: undefined, ratio: RATIO }));
  for (const [i, bench] of benches.entries()) {
    if (signal.aborted) break;
    progress.show(bench, i, benches.length);
    const start = performance.now();
    const why = await runBench(bench, {
      arena,
      quick,
      signal,
      onRow(row) {
        recording.rows.push(row);
        if (options.json) console.log(JSON.stringify(row));
      },
    });
    progress.clear();
    if (why === undefined) well.add(bench);
    else {
      if (!signal.aborted) recording.failed.push(bench);
      if (options.json) console.log(JSON.stringify({ bench, failed: why }));
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.error(`${bench.padEnd(14)} ${seconds} s${why === undefined ? "" : `, failed: ${why}`}`);
  }
  const partial = benches.filter(bench => !well.has(bench));
  return { ...recording, ...(partial.length > 0 && { partial }) };
}

function show(recording: Recording): void {
  const { rows, machine, bun, load } = recording;
  console.log(`\n${machine}, Bun ${bun}, load ${load.map(value => value.toFixed(1)).join(" ")}`);
  console.log(
    `median (p10..p90); with fewer than ten measurements (least..most)${recording.quick ? "; a quick look" : ""}\n${RATIO}\n`,
  );
  console.log(rowTable(rows));
  const judged = rows.filter(row => row.reached !== undefined);
  if (judged.length > 0) console.log(`\n${judged.filter(row => row.reached).length} of ${judged.length} goals reached`);
}
