import { type Answer, bisect } from "../compare/bisect.ts";
import { type ComparisonOptions, compare } from "../compare/comparison.ts";
import type { Side } from "../compare/pair.ts";
import { between, RevisionError, resolveRevision, subjectOf } from "../compare/revision.ts";
import type { Judgement } from "../compare/verdict.ts";
import { PROBES } from "../probes/list.ts";
import { type Call, type Command, UsageError } from "./command.ts";
import { PAIR_HELP, PAIR_OPTIONS, pairOptions } from "./comparison-options.ts";
import { builtBase } from "./run-compare.ts";
import { Session } from "./session.ts";

const HELP = `bun perf bisect PROBE --good REVISION [--bad REVISION] [options]

Which commit made a probe slower. It first makes sure that the bad revision, by default HEAD, is slower than the good one by the verdict
of a comparison; then it halves the commits between them, and calls one bad whose time lies nearer to the bad one's. In place of a commit
that does not build or run it takes a neighbour, and where that leaves several it names them all. It ends with 0 if it has found one,
with 1 if there is none or more than one is left.

${PAIR_HELP}`;

export const bisectCommand: Command = {
  about: "which commit made a probe slower",
  help: HELP,
  names: { most: 1, instead: "--good and --bad name revisions" },
  options: { ...PAIR_OPTIONS, good: { type: "string" }, bad: { type: "string" } },
  async run(call) {
    const [probe] = call.names;
    if (probe === undefined) throw new UsageError("bisect takes a probe; see bun perf compare --list");
    if (!Object.hasOwn(PROBES, probe)) throw new UsageError(`no probe is called ${probe}; see bun perf compare --list`);
    if (typeof call.options.good !== "string") throw new UsageError("bisect needs --good REVISION");
    const good = await resolveRevision(call.options.good);
    const bad = await resolveRevision((call.options.bad as string | undefined) ?? "HEAD");
    const revisions = [good, ...(await between(good, bad))];
    if (revisions.length < 2)
      throw new UsageError(`there is no commit between ${good.slice(0, 10)} and ${bad.slice(0, 10)}`);
    return await search(probe, revisions, call);
  },
};

/** A revision held against the good one; or why that could not be done. Neither: it was broken off. */
interface Measured {
  found?: Judgement;
  why?: string;
}

async function search(probe: string, revisions: readonly string[], call: Call): Promise<number> {
  using session = new Session();
  const { signal } = session;
  const { progress, ...options } = pairOptions(call, { pairs: 10, most: 20 }, session.arena, session.interrupt);
  const say = (text: string) => {
    progress.clear();
    if (!call.options.json) console.log(text);
  };
  const tell = (document: object) => {
    if (call.options.json) console.log(JSON.stringify({ probe, ...document }));
  };
  const good = await builtBase(revisions[0]!, progress, signal);
  const against = async (revision: string): Promise<Measured> => {
    if (good === undefined) return {};
    try {
      const side = await builtBase(revision, progress, signal);
      return side === undefined ? {} : await measure(probe, [good, side], options);
    } catch (error) {
      if (error instanceof RevisionError) return { why: error.message };
      throw error;
    }
  };
  const { found: whole, why } = await against(revisions.at(-1)!);
  if (signal.aborted) {
    say("broken off");
    tell({ steps: [], brokenOff: true });
    return 130;
  }
  if (whole === undefined) throw new UsageError(`the last against the first can't be measured: ${why}`);
  say(`${revisions.length - 1} commits; the last against the first: ${told(whole)}`);
  if (whole.verdict !== "regressed") {
    say("that is no regression, so there is nothing to look for");
    tell({ whole });
    return 1;
  }
  const half = Math.sqrt(1 + whole.change) - 1;
  const measured = new Map<string, Measured>();
  const { steps, ...result } = await bisect(
    revisions,
    async (revision): Promise<Answer> => {
      const here = await against(revision);
      if (signal.aborted) return "can't be measured";
      measured.set(revision, here);
      const said = here.found === undefined ? `can't be measured: ${here.why}` : told(here.found);
      say(`${revision.slice(0, 10)}  ${said}  ${await subjectOf(revision)}`);
      if (here.found === undefined) return "can't be measured";
      return here.found.change > half ? "bad" : "good";
    },
    signal,
  );
  tell({ whole, ...result, steps: steps.map(step => ({ ...step, ...measured.get(step.revision) })) });
  if (result.brokenOff) say("broken off");
  say(result.among.length === 1 ? "first slower:" : "the first slower one is among:");
  for (const revision of result.among) say(`${revision.slice(0, 10)} ${await subjectOf(revision)}`);
  if (result.brokenOff) return 130;
  return result.among.length === 1 ? 0 : 1;
}

async function measure(
  probe: string,
  sides: readonly [good: Side, other: Side],
  options: Omit<ComparisonOptions, "probes" | "sides">,
): Promise<Measured> {
  let why = "it was not run";
  const onFailure = (_: string, error: unknown) => {
    why = String((error as Error).message);
  };
  const [found] = await compare({ ...options, probes: [probe], sides, onFailure });
  return found === undefined ? { why } : { found };
}

function told(found: Judgement): string {
  return `${(found.change * 100).toFixed(1)}% (${(found.low * 100).toFixed(1)} .. ${(found.high * 100).toFixed(1)}), ${found.verdict}`;
}
