import { compare, USUAL_PAIRS } from "../compare/comparison.ts";
import type { Side } from "../compare/pair.ts";
import { checkOut, resolveRevision, thisTree, usualBase } from "../compare/revision.ts";
import { COMPARISON, type KeptComparison } from "../history/comparison-file.ts";
import { settingHere } from "../history/setting.ts";
import { PROBES } from "../probes/list.ts";
import { keep } from "../run/kept.ts";
import { chosen, partsOf } from "./chosen.ts";
import type { Call, Command } from "./command.ts";
import { PAIR_HELP, PAIR_OPTIONS, pairOptions } from "./comparison-options.ts";
import type { Progress } from "./progress.ts";
import { Session } from "./session.ts";
import { verdictTable } from "./verdict-table.ts";

const HELP = `bun perf compare [base] [--only part of a name,...] [options]

Holds this checkout, as it is, against a revision, by default the last commit, or the one before if nothing was changed since. The
revision gets a worktree and a build of its own below build/perf/trees. Each probe is run by pairs of fresh processes on one core,
which take turns of about 10 ms in random order. A pair is one piece of evidence, however much it measured.

  regressed, improved   a change beyond the band, by the signed-rank test adjusted for all probes, that as many fresh pairs say as well
  same                  the whole interval lies within the band
  unsure                neither, after all pairs

The band is 3%, or the probe's own noise where \`bun perf self-test\` has found more. "could see" is the smallest change of
one probe alone that such pairs would be called one for, four times in five.

  --only A,B       the probes that are called so, or else those whose names contain it
  --list           the probes
${PAIR_HELP}`;

export const compareCommand: Command = {
  about: "what this checkout changes, against a revision",
  help: HELP,
  names: { most: 1, instead: "--only A,B chooses probes" },
  options: { ...PAIR_OPTIONS, only: { type: "string" }, list: { type: "boolean" } },
  async run(call) {
    const probes = probesOf(call);
    if (call.options.list) {
      console.log(call.options.json ? JSON.stringify(probes) : probes.join("\n"));
      return 0;
    }
    using session = new Session();
    const found = await compareIn(session, call.names[0] ?? (await usualBase()), probes, call);
    // What was broken off before the first pair says nothing: the comparison before it says more.
    if (found.judgements.length > 0) keep(COMPARISON, found);
    if (call.options.json) console.log(JSON.stringify(found));
    else show(found);
    return Object.keys(found.failed).length > 0 ? 1 : 0;
  },
};

/** The probes that `--only` asks for. */
export function probesOf({ options }: Call): string[] {
  const refusal = (part: string) => `no probe is called ${part}; see bun perf compare --list`;
  return chosen(Object.keys(PROBES), partsOf(options.only), refusal);
}

/** Compares with a revision. */
export async function compareWith(revision: string, probes: readonly string[], call: Call): Promise<KeptComparison> {
  using session = new Session();
  return await compareIn(session, revision, probes, call);
}

/** Compares with a revision, as a part of what a command does. */
export async function compareIn(
  { arena, interrupt }: Session,
  revision: string,
  probes: readonly string[],
  call: Call,
): Promise<KeptComparison> {
  const { signal } = interrupt;
  const base = await resolveRevision(revision);
  const { progress, ...options } = pairOptions(call, { pairs: USUAL_PAIRS, most: 30 }, arena, interrupt);
  const failed: Record<string, string> = {};
  const setting = await settingHere();
  const side = await builtBase(base, progress, signal);
  const judgements =
    side === undefined
      ? []
      : await compare({
          ...options,
          probes,
          sides: [side, thisTree()],
          onFailure: (probe, error) => {
            failed[probe] = String((error as Error).message);
          },
        });
  progress.clear();
  const core = options.pin.core ?? null;
  return { ...setting, base, core, judgements, failed, ...(signal.aborted && { brokenOff: true }) };
}

/** Builds the base's worktree, which takes a while the first time. Undefined if it was broken off. */
export async function builtBase(revision: string, progress: Progress, signal: AbortSignal): Promise<Side | undefined> {
  progress.show(`building ${revision.slice(0, 10)}`, 0, 1);
  try {
    return await checkOut(await resolveRevision(revision), signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    progress.clear();
  }
}

function show({ base, revision, dirty, machine, core, judgements, failed, brokenOff }: KeptComparison): void {
  console.log(`${revision.slice(0, 10)}${dirty ? " and changes" : ""} against ${base.slice(0, 10)}`);
  console.log(`${machine}, ${core === null ? "not pinned" : `core ${core}`}\n`);
  console.log(verdictTable(judgements));
  for (const [probe, why] of Object.entries(failed)) console.log(`${probe} did not run: ${why}`);
  if (brokenOff) console.log("broken off");
}
