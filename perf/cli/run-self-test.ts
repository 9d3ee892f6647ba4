import { USUAL_PAIRS } from "../compare/comparison.ts";
import { pairsForOneOf } from "../compare/looks.ts";
import { machineName } from "../compare/machine.ts";
import { thisTree } from "../compare/revision.ts";
import { isUsual, mayAlarm, type SelfTestPart, type SelfTestResult, selfTest } from "../compare/self-test.ts";
import { artifactOf } from "../history/artifact.ts";
import { CHEAP, PROBES } from "../probes/list.ts";
import { Arena } from "../run/arena.ts";
import { type Call, type Command, numberOf } from "./command.ts";
import { PAIR_HELP, PAIR_OPTIONS, pairOptions } from "./comparison-options.ts";
import { Interrupt } from "./interrupt.ts";
import { probesOf } from "./run-compare.ts";
import { verdictTable } from "./verdict-table.ts";

const HELP = `bun perf self-test [--runs N] [--take N] [--only part of a name,...] [options]

Whether comparisons can be believed on this machine. It compares this checkout with itself, 20 times, by the cheap probes (${CHEAP.join(", ")})
or those that are asked for, which must be quiet by a band of 3% but for one run in twenty. What these differ by is kept as the
probes' own noise (build/perf/noise.json), which \`bun perf compare\` goes by; of shorter runs than usual nothing is kept. Then it plants
a slowdown of a tenth in peek, once in C and once in TypeScript, and has to find each.

A part takes about a minute, and is kept when it is done: after Ctrl-C the same command goes on behind it, until the code is another.

  --runs N         how often it compares the checkout with itself, 20
  --take N         parts that it does in this call; all that are left
  --only A,B       compare with itself by the probes whose names contain one of these
  --all            by all probes
${PAIR_HELP}`;

export const selfTestCommand: Command = {
  about: "whether comparisons can be believed on this machine",
  help: HELP,
  names: { most: 0, instead: "--runs N says how often" },
  options: {
    ...PAIR_OPTIONS,
    only: { type: "string" },
    all: { type: "boolean" },
    runs: { type: "string" },
    take: { type: "string" },
  },
  async run(call) {
    using arena = new Arena();
    using interrupt = new Interrupt();
    interrupt.cleanUp(() => arena[Symbol.dispose]());
    const probes = probesFor(call);
    // A test that could raise no alarm would say nothing.
    const usual = Math.max(USUAL_PAIRS, pairsForOneOf(probes.length, 1));
    const { progress, ...options } = pairOptions(call, { pairs: usual, most: usual }, arena, interrupt);
    const { pairs, most, budget } = options;
    const runs = numberOf(call, "runs", 20, 0);
    const parts: SelfTestPart[] = [];
    const result = await selfTest({
      ...options,
      probes,
      runs,
      // The harness is what is tested.
      key: JSON.stringify([
        artifactOf(thisTree(), "{src,perf}/**/*.ts"),
        machineName(),
        probes,
        runs,
        pairs,
        most,
        budget,
      ]),
      take: numberOf(call, "take", runs + 2),
      onPart(part) {
        parts.push(part);
        progress.clear();
        if (!call.options.json) show(part);
      },
    });
    progress.clear();
    const good = isGood(result, runs);
    if (call.options.json) console.log(JSON.stringify({ ...result, good, parts }));
    else {
      sumUp(result);
      if (!isUsual(options)) console.log("not kept as noise: the pairs were fewer or shorter than usual");
    }
    return good || (result.left > 0 && isGoodSoFar(result, runs)) ? 0 : 1;
  },
};

function probesFor(call: Call): readonly string[] {
  if (call.options.all) return Object.keys(PROBES);
  return call.options.only === undefined ? CHEAP : probesOf(call);
}

/** Whether all that is done went as it must, of so many runs in all. */
function isGoodSoFar({ alarms, foundInC, foundInTypeScript }: SelfTestResult, runs: number): boolean {
  return alarms <= mayAlarm(runs) && foundInC !== false && foundInTypeScript !== false;
}

function isGood(result: SelfTestResult, runs: number): boolean {
  return isGoodSoFar(result, runs) && result.foundInC === true && result.foundInTypeScript === true;
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
