import { compare, USUAL_PAIRS } from "../compare/comparison.ts";
import type { Side } from "../compare/pair.ts";
import { checkOut, resolveRevision, thisTree, usualBase } from "../compare/revision.ts";
import { COMPARISON, type KeptComparison } from "../history/comparison-file.ts";
import { settingHere } from "../history/setting.ts";
import { probesLike } from "../probes/list.ts";
import { Arena } from "../run/arena.ts";
import { keep } from "../run/kept.ts";
import { type Call, type Command, UsageError } from "./command.ts";
import { PAIR_HELP, PAIR_OPTIONS, pairOptions } from "./comparison-options.ts";
import { Interrupt } from "./interrupt.ts";
import type { Progress } from "./progress.ts";
import { verdictTable } from "./verdict-table.ts";

const HELP = `bun perf compare [base] [--only part of a name,...] [options]

Holds this checkout, as it is, against a revision, by default the last commit, or the one before if nothing was changed since. The
revision gets a worktree and a build of its own below build/perf/trees. Each probe is run by pairs of fresh processes on one core,
which take turns of about 10 ms in random order. A pair is one piece of evidence, however much it measured.

  regressed, improved   a change beyond the band, by the signed-rank test adjusted for all probes
  same                  the whole interval lies within the band
  unsure                neither, after all pairs

The band is 3%, or the probe's own noise where \`bun perf self-test\` has found more. "could see" is the smallest change of
one probe alone that such pairs would be called one for, four times in five.

  --only A,B       the probes whose names contain one of these
  --list           the probes
${PAIR_HELP}`;

export const compareCommand: Command = {
  about: "what this checkout changes, against a revision",
  help: HELP,
  options: { ...PAIR_OPTIONS, only: { type: "string" }, list: { type: "boolean" } },
  async run(call) {
    const probes = probesOf(call);
    if (call.options.list) {
      console.log(call.options.json ? JSON.stringify(probes) : probes.join("\n"));
      return 0;
    }
    const found = await compareWith(call.names[0] ?? (await usualBase()), probes, call);
    keep(COMPARISON, found);
    if (call.options.json) console.log(JSON.stringify(found));
    else show(found);
    return Object.keys(found.failed).length > 0 ? 1 : 0;
  },
};

/** The probes that `--only` asks for. */
export function probesOf({ options }: Call): string[] {
  const parts = typeof options.only === "string" ? options.only.split(",") : [];
  const probes = probesLike(parts);
  if (probes.length === 0)
    throw new UsageError(`no probe is called ${parts.join(" or ")}; see bun perf compare --list`);
  return probes;
}

/** Compares with a revision. */
export async function compareWith(revision: string, probes: readonly string[], call: Call): Promise<KeptComparison> {
  using arena = new Arena();
  using interrupt = new Interrupt();
  interrupt.cleanUp(() => arena[Symbol.dispose]());
  const base = await resolveRevision(revision);
  const options = pairOptions(call, { pairs: USUAL_PAIRS, most: 30 }, arena, interrupt);
  const failed: Record<string, string> = {};
  const setting = await settingHere();
  const judgements = await compare({
    ...options,
    probes,
    sides: [await builtBase(base, options.progress), thisTree()],
    onFailure: (probe, error) => {
      failed[probe] = String((error as Error).message);
    },
  });
  options.progress.clear();
  return { ...setting, base, core: options.pin.core ?? null, judgements, failed };
}

/** Builds the base's worktree, which takes a while the first time. */
export async function builtBase(revision: string, progress: Progress): Promise<Side> {
  progress.show(`building ${revision.slice(0, 10)}`, 0, 1);
  const side = await checkOut(await resolveRevision(revision));
  progress.clear();
  return side;
}

function show({ base, revision, dirty, machine, core, judgements, failed }: KeptComparison): void {
  console.log(`${revision.slice(0, 10)}${dirty ? " and changes" : ""} against ${base.slice(0, 10)}`);
  console.log(`${machine}, ${core === null ? "not pinned" : `core ${core}`}\n`);
  console.log(verdictTable(judgements));
  for (const [probe, why] of Object.entries(failed)) console.log(`${probe} did not run: ${why}`);
}
