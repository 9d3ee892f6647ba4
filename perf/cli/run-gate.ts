import { usualBase } from "../compare/revision.ts";
import type { Judgement } from "../compare/verdict.ts";
import type { CountChange } from "../count/change.ts";
import { COUNTED } from "../count/counted.ts";
import { COMPARISON } from "../history/comparison-file.ts";
import { keep } from "../run/kept.ts";
import type { Command } from "./command.ts";
import { PAIR_HELP, PAIR_OPTIONS } from "./comparison-options.ts";
import { compareIn, probesOf } from "./run-compare.ts";
import { changeTable, countSides } from "./run-count.ts";
import { Session } from "./session.ts";
import { verdictTable } from "./verdict-table.ts";

const HELP = `bun perf gate [base] [--only part of a name,...] [options]

For CI: counts instructions, then compares times, against a revision, by default the last commit, or the one before if nothing was
changed since. It ends with 1 if a probe has regressed, takes more instructions without having got faster, or does not run; after Ctrl-C
with 130, for what was not looked at is no reason to open; else with 0.

  --only A,B       the probes that are called so, or else those whose names contain it
  --no-count       times alone: where there is no valgrind
${PAIR_HELP}`;

export const gateCommand: Command = {
  about: "counts, then a comparison; an exit code for CI",
  help: HELP,
  names: { most: 1, instead: "--only A,B chooses probes" },
  options: { ...PAIR_OPTIONS, only: { type: "string" }, "no-count": { type: "boolean" } },
  async run(call) {
    const base = call.names[0] ?? (await usualBase());
    const probes = probesOf(call);
    const counted = call.options["no-count"] ? [] : probes.filter(probe => Object.hasOwn(COUNTED, probe));
    using session = new Session();
    const changes = counted.length === 0 ? [] : (await countSides(session, base, counted)).changes!;
    const found = session.signal.aborted ? undefined : await compareIn(session, base, probes, call);
    if (found !== undefined && found.judgements.length > 0) keep(COMPARISON, found);
    const { judgements, failed } = found ?? { judgements: [], failed: {} };
    const brokenOff = session.signal.aborted;
    const stopped = gate(changes, judgements);
    const shut = [...stopped, ...Object.keys(failed).map(probe => `${probe} did not run`)];
    // What has not been looked at is no reason to open.
    const open = !brokenOff && shut.length === 0 && judgements.length > 0;
    if (call.options.json)
      console.log(
        JSON.stringify({ base, changes, judgements, failed, stopped, open, ...(brokenOff && { brokenOff }) }),
      );
    else {
      if (changes.length > 0) console.log(`${changeTable(changes)}\n`);
      if (judgements.length > 0) console.log(`${verdictTable(judgements)}\n`);
      for (const [probe, why] of Object.entries(failed)) console.log(`${probe} did not run: ${why}`);
      if (brokenOff) console.log("broken off");
      if (open || shut.length > 0) console.log(open ? "the gate is open" : `the gate is shut: ${shut.join(", ")}`);
    }
    if (brokenOff) return 130;
    return open ? 0 : 1;
  },
};

/** What stops a change: probes that have regressed, and those that take more instructions and have not got faster. */
export function gate(changes: readonly CountChange[], judgements: readonly Judgement[]): string[] {
  const verdicts = new Map(judgements.map(({ probe, verdict }) => [probe, verdict]));
  const more = changes.filter(({ probe, verdict }) => verdict === "more" && verdicts.get(probe) !== "improved");
  const slower = judgements.filter(({ verdict }) => verdict === "regressed");
  return [...new Set([...more, ...slower].map(({ probe }) => probe))];
}
