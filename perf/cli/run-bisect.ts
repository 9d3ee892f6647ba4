import { bisect } from "../compare/bisect.ts";
import { compare } from "../compare/comparison.ts";
import type { Side } from "../compare/pair.ts";
import { between, resolveRevision, subjectOf } from "../compare/revision.ts";
import type { Judgement } from "../compare/verdict.ts";
import { PROBES } from "../probes/list.ts";
import { Arena } from "../run/arena.ts";
import { type Call, type Command, UsageError } from "./command.ts";
import { PAIR_HELP, PAIR_OPTIONS, pairOptions } from "./comparison-options.ts";
import { Interrupt } from "./interrupt.ts";
import { builtBase } from "./run-compare.ts";

const HELP = `bun perf bisect PROBE --good REVISION [--bad REVISION] [options]

Which commit made a probe slower. It first makes sure that the bad revision, by default HEAD, is slower than the good one by the verdict
of a comparison; then it halves the commits between them, and calls one bad whose time lies nearer to the bad one's.

${PAIR_HELP}`;

export const bisectCommand: Command = {
  about: "which commit made a probe slower",
  help: HELP,
  options: { ...PAIR_OPTIONS, good: { type: "string" }, bad: { type: "string" } },
  async run(call) {
    const [probe] = call.names;
    if (probe === undefined) throw new UsageError("bisect takes a probe; see bun perf compare --list");
    if (!(probe in PROBES)) throw new UsageError(`no probe is called ${probe}; see bun perf compare --list`);
    if (typeof call.options.good !== "string") throw new UsageError("bisect needs --good REVISION");
    const good = await resolveRevision(call.options.good);
    const bad = await resolveRevision((call.options.bad as string | undefined) ?? "HEAD");
    const revisions = [good, ...(await between(good, bad))];
    if (revisions.length < 2)
      throw new UsageError(`there is no commit between ${good.slice(0, 10)} and ${bad.slice(0, 10)}`);
    return await search(probe, revisions, call);
  },
};

async function search(probe: string, revisions: readonly string[], call: Call): Promise<number> {
  using arena = new Arena();
  using interrupt = new Interrupt();
  interrupt.cleanUp(() => arena[Symbol.dispose]());
  const { progress, ...options } = pairOptions(call, { pairs: 10, most: 20 }, arena, interrupt);
  const say = (text: string) => {
    progress.clear();
    if (!call.options.json) console.log(text);
  };
  const built = (revision: string) => builtBase(revision, progress);
  const good = await built(revisions[0]!);
  const against = async (side: Side) => (await compare({ ...options, probes: [probe], sides: [good, side] }))[0];
  const whole = await against(await built(revisions.at(-1)!));
  say(`${revisions.length - 1} commits; the last against the first: ${told(whole)}`);
  if (whole?.verdict !== "regressed") {
    if (call.options.json) console.log(JSON.stringify({ probe, whole }));
    else say("that is no regression, so there is nothing to look for");
    return 1;
  }
  const half = Math.sqrt(1 + whole.change) - 1;
  const found = await bisect(
    revisions,
    async revision => {
      const here = await against(await built(revision));
      say(`${revision.slice(0, 10)}  ${told(here)}  ${await subjectOf(revision)}`);
      return here !== undefined && here.change > half;
    },
    interrupt.signal,
  );
  if (call.options.json) console.log(JSON.stringify({ probe, whole, ...found }));
  else if (found !== undefined) say(`first slower: ${found.first.slice(0, 10)} ${await subjectOf(found.first)}`);
  return 0;
}

function told(found: Judgement | undefined): string {
  if (found === undefined) return "not measured";
  return `${(found.change * 100).toFixed(1)}% (${(found.low * 100).toFixed(1)} .. ${(found.high * 100).toFixed(1)}), ${found.verdict}`;
}
