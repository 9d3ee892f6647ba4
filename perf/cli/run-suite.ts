import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../scripts/command.ts";
import { root } from "../../scripts/paths.ts";
import { figuresOf, withFigures } from "../history/figures.ts";
import { joined, RECORDING, type Recording } from "../history/recording.ts";
import { settingHere } from "../history/setting.ts";
import { Arena } from "../run/arena.ts";
import { keep, kept } from "../run/kept.ts";
import { chosen } from "./chosen.ts";
import { type Call, type Command, UsageError } from "./command.ts";
import { Interrupt } from "./interrupt.ts";
import { Progress } from "./progress.ts";
import { rowTable } from "./row-table.ts";
import { runBench } from "./run-bench.ts";
import { allBenches } from "./suite.ts";

const HELP = `bun perf [part of a name...] [--quick | --full] [--json]

Runs the benches whose names are one of the parts, or else contain it, or all, and shows each figure beside the limit or the peer that was measured
in the same run. Without a name it is quick, some 3 minutes, and says less of the codec's peers; with a name it takes its time.
build/perf/run.json keeps what was measured; \`bun perf dashboard\` shows it.

  --quick   few repetitions: a look
  --full    all repetitions, all peers: what is worth writing down
  --keep    put the rows of these benches in place of their older ones in build/perf/run.json; without a name that is done anyway
  --readme  write the README's figures from build/perf/run.json, without measuring
  --json    a line of JSON first for the setting, then for each row
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
    if (call.options.readme) return await writeReadme();
    const recording = await runSuite(benches, call);
    if (call.names.length === 0) keep(RECORDING, recording);
    else if (call.options.keep) keep(RECORDING, inOrder(joined(kept<Recording>(RECORDING), recording)));
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

/** Writes the figures of the run that was kept into the README. */
async function writeReadme(): Promise<number> {
  const recording = kept<Recording>(RECORDING);
  if (recording === undefined) throw new UsageError("nothing was measured yet: bun perf, and then bun perf --readme");
  const readme = join(root, "README.md");
  const { devDependencies } = await Bun.file(join(root, "package.json")).json();
  const versions = Object.fromEntries(["msgpackr", "lmdb"].map(name => [name, devDependencies[name]]));
  const redis = await run(["redis-server", "--version"]).catch(() => undefined);
  const version = /v=([\d.]+)/.exec(redis?.output ?? "")?.[1];
  if (version !== undefined) versions.Redis = version;
  writeFileSync(readme, withFigures(readFileSync(readme, "utf8"), figuresOf(recording, versions)));
  console.log(readme);
  return 0;
}

/** Runs benches one after the other, each in a process of its own. */
export async function runSuite(benches: readonly string[], { names, options }: Call): Promise<Recording> {
  using arena = new Arena();
  using interrupt = new Interrupt();
  interrupt.cleanUp(() => arena[Symbol.dispose]());
  const progress = new Progress();
  const quick = options.quick === true || (names.length === 0 && options.full !== true);
  const recording: Recording = { ...(await settingHere()), quick, rows: [], failed: [] };
  if (options.json) console.log(JSON.stringify({ ...recording, rows: undefined, failed: undefined }));
  for (const [i, bench] of benches.entries()) {
    if (interrupt.signal.aborted) break;
    progress.show(bench, i, benches.length);
    const start = performance.now();
    const well = await runBench(bench, {
      folder: arena.folder,
      quick,
      signal: interrupt.signal,
      onRow(row) {
        recording.rows.push(row);
        if (options.json) console.log(JSON.stringify(row));
      },
    });
    progress.clear();
    if (!well && !interrupt.signal.aborted) recording.failed.push(bench);
    console.error(`${bench.padEnd(14)} ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  return recording;
}

function show(recording: Recording): void {
  const { rows, machine, bun, load } = recording;
  console.log(`\n${machine}, Bun ${bun}, load ${load.map(value => value.toFixed(1)).join(" ")}`);
  console.log(
    `median (p10..p90); with fewer than ten measurements (least..most)${recording.quick ? "; a quick look" : ""}\n`,
  );
  console.log(rowTable(rows));
  const judged = rows.filter(row => row.reached !== undefined);
  if (judged.length > 0) console.log(`\n${judged.filter(row => row.reached).length} of ${judged.length} goals reached`);
}
