import { machineName } from "../compare/noise.ts";
import { thisTree } from "../compare/revision.ts";
import { mayAlarm, type SelfTestPart, type SelfTestResult, selfTest } from "../compare/self-test.ts";
import { artifactOf } from "../history/artifact.ts";
import { CHEAP } from "../probes/list.ts";
import { Arena } from "../run/arena.ts";
import { type Command, numberOf } from "./command.ts";
import { PAIR_HELP, PAIR_OPTIONS, pairOptions } from "./comparison-options.ts";
import { Interrupt } from "./interrupt.ts";
import { verdictTable } from "./verdict-table.ts";

const HELP = `bun perf self-test [--runs N] [--take N] [options]

Whether comparisons can be believed on this machine. It compares this checkout with itself, 20 times, by the cheap probes (${CHEAP.join(", ")}),
which must be quiet but for one run in twenty; what these differ by is kept as the probes' own noise (build/perf/noise.json), which
\`bun perf compare\` goes by. Then it plants a slowdown of a tenth in peek, once in C and once in TypeScript, and has to find each.

A part takes about a minute, and is kept when it is done: after Ctrl-C the same command goes on behind it, until the code is another.

  --runs N         how often it compares the checkout with itself, 20
  --take N         parts that it does in this call; all that are left
${PAIR_HELP}`;

export const selfTestCommand: Command = {
  about: "whether comparisons can be believed on this machine",
  help: HELP,
  names: { most: 0, instead: "--runs N says how often" },
  options: { ...PAIR_OPTIONS, runs: { type: "string" }, take: { type: "string" } },
  async run(call) {
    using arena = new Arena();
    using interrupt = new Interrupt();
    interrupt.cleanUp(() => arena[Symbol.dispose]());
    const { progress, ...options } = pairOptions(call, { pairs: 10, most: 10 }, arena, interrupt);
    const { pairs, most, budget } = options;
    const runs = numberOf(call, "runs", 20, 0);
    const parts: SelfTestPart[] = [];
    const result = await selfTest({
      ...options,
      runs,
      key: JSON.stringify([artifactOf(thisTree()), machineName(), runs, pairs, most, budget]),
      take: numberOf(call, "take", runs + 2),
      onPart(part) {
        parts.push(part);
        progress.clear();
        if (!call.options.json) show(part);
      },
    });
    progress.clear();
    const good = isGood(result);
    if (call.options.json) console.log(JSON.stringify({ ...result, good, parts }));
    else sumUp(result);
    return good || (result.left > 0 && isQuiet(result)) ? 0 : 1;
  },
};

function isQuiet({ runs, alarms }: SelfTestResult): boolean {
  return alarms <= mayAlarm(runs);
}

function isGood(result: SelfTestResult): boolean {
  return isQuiet(result) && result.foundInC === true && result.foundInTypeScript === true;
}

function sumUp({ runs, alarms, foundInC, foundInTypeScript, left }: SelfTestResult): void {
  const said = (found?: boolean) => (found === undefined ? "not looked for yet" : found ? "found" : "NOT FOUND");
  console.log(`${alarms} of ${runs} runs of the same code raised an alarm`);
  console.log(`a tenth planted in C: ${said(foundInC)}; in TypeScript: ${said(foundInTypeScript)}`);
  if (left > 0) console.log(`${left} parts are left: the same command goes on`);
}

function show({ what, good, judgements }: SelfTestPart): void {
  console.log(`${what}: ${good ? "as it must be" : "NOT as it must be"}\n${verdictTable(judgements)}\n`);
}
