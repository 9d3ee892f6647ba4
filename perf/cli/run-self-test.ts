import { mayAlarm, type SelfTestPart, selfTest } from "../compare/self-test.ts";
import { CHEAP } from "../probes/list.ts";
import { Arena } from "../run/arena.ts";
import { type Command, numberOf } from "./command.ts";
import { PAIR_HELP, PAIR_OPTIONS, pairOptions } from "./comparison-options.ts";
import { Interrupt } from "./interrupt.ts";
import { verdictTable } from "./verdict-table.ts";

const HELP = `bun perf self-test [--runs N] [options]

Whether comparisons can be believed on this machine. It compares this checkout with itself, 20 times, by the cheap probes (${CHEAP.join(", ")}),
which must be quiet but for one run in twenty; what these differ by is kept as the probes' own noise (build/perf/noise.json), which
\`bun perf compare\` goes by. Then it plants a slowdown of a tenth in peek, once in C and once in TypeScript, and has to find each.

  --runs N         how often it compares the checkout with itself, 20
${PAIR_HELP}`;

export const selfTestCommand: Command = {
  about: "whether comparisons can be believed on this machine",
  help: HELP,
  options: { ...PAIR_OPTIONS, runs: { type: "string" } },
  async run(call) {
    using arena = new Arena();
    using interrupt = new Interrupt();
    interrupt.cleanUp(() => arena[Symbol.dispose]());
    const { progress, ...options } = pairOptions(call, { pairs: 8, most: 16 }, arena, interrupt);
    const parts: SelfTestPart[] = [];
    const result = await selfTest({
      ...options,
      runs: numberOf(call, "runs", 20, 0),
      onPart(part) {
        parts.push(part);
        progress.clear();
        if (!call.options.json) show(part);
      },
    });
    progress.clear();
    const good =
      result.alarms <= mayAlarm(result.runs) && result.foundInC === true && result.foundInTypeScript === true;
    if (call.options.json) console.log(JSON.stringify({ ...result, good, parts }));
    else {
      const said = (found?: boolean) => (found === undefined ? "not looked for" : found ? "found" : "NOT FOUND");
      console.log(`${result.alarms} of ${result.runs} runs of the same code raised an alarm`);
      console.log(`a tenth planted in C: ${said(result.foundInC)}; in TypeScript: ${said(result.foundInTypeScript)}`);
    }
    return good ? 0 : 1;
  },
};

function show({ what, good, judgements }: SelfTestPart): void {
  console.log(`${what}: ${good ? "as it must be" : "NOT as it must be"}\n${verdictTable(judgements)}\n`);
}
