import { usualBase } from "../compare/revision.ts";
import type { Judgement } from "../compare/verdict.ts";
import type { CountChange } from "../count/change.ts";
import { COUNTED } from "../count/counted.ts";
import { COMPARISON } from "../history/comparison-file.ts";
import { probesLike } from "../probes/list.ts";
import { keep } from "../run/kept.ts";
import type { Command } from "./command.ts";
import { PAIR_HELP, PAIR_OPTIONS } from "./comparison-options.ts";
import { compareWith } from "./run-compare.ts";
import { changeTable, countSides } from "./run-count.ts";
import { verdictTable } from "./verdict-table.ts";

const HELP = `bun perf gate [base] [--only part of a name,...] [options]

For CI: counts instructions, then compares times, against a revision, by default the last commit, or the one before if nothing was
changed since. It ends with 1 if a probe has regressed, or takes more instructions without having got faster; else with 0.

  --only A,B       the probes whose names contain one of these
  --no-count       times alone: where there is no valgrind
${PAIR_HELP}`;

export const gateCommand: Command = {
  about: "counts, then a comparison; an exit code for CI",
  help: HELP,
  options: { ...PAIR_OPTIONS, only: { type: "string" }, "no-count": { type: "boolean" } },
  async run(call) {
    const base = call.names[0] ?? (await usualBase());
    const parts = typeof call.options.only === "string" ? call.options.only.split(",") : [];
    const counted = Object.keys(COUNTED).some(name => parts.length === 0 || parts.some(part => name.includes(part)));
    const changes = call.options["no-count"] || !counted ? [] : (await countSides(base, call)).changes!;
    const found = await compareWith(base, probesLike(parts), call);
    keep(COMPARISON, found);
    const { judgements, failed } = found;
    const stopped = gate(changes, judgements);
    if (call.options.json) console.log(JSON.stringify({ base, changes, judgements, failed, stopped }));
    else {
      if (changes.length > 0) console.log(`${changeTable(changes)}\n`);
      console.log(verdictTable(judgements));
      console.log(stopped.length === 0 ? "\nthe gate is open" : `\nthe gate is shut: ${stopped.join(", ")}`);
    }
    return stopped.length > 0 || Object.keys(failed).length > 0 ? 1 : 0;
  },
};

/** What stops a change: probes that have regressed, and those that take more instructions and have not got faster. */
export function gate(changes: readonly CountChange[], judgements: readonly Judgement[]): string[] {
  const verdicts = new Map(judgements.map(({ probe, verdict }) => [probe, verdict]));
  const more = changes.filter(({ probe, verdict }) => verdict === "more" && verdicts.get(probe) !== "improved");
  const slower = judgements.filter(({ verdict }) => verdict === "regressed");
  return [...new Set([...more, ...slower].map(({ probe }) => probe))];
}
