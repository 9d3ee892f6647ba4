import type { Side } from "../compare/pair.ts";
import { thisTree } from "../compare/revision.ts";
import { type CountChange, counting } from "../count/change.ts";
import { COUNTED } from "../count/counted.ts";
import { type Count, CountError, count } from "../count/counting.ts";
import { figure } from "../stats/figure.ts";
import { chosen, partsOf } from "./chosen.ts";
import { columns } from "./columns.ts";
import { type Call, type Command, UsageError } from "./command.ts";
import { Progress } from "./progress.ts";
import { builtBase } from "./run-compare.ts";
import { Session } from "./session.ts";

const HELP = `bun perf count [base] [--only part of a name,...] [--functions] [--json]

Instructions of one, by Callgrind (Debian: apt-get install valgrind): of the whole process and of the core's functions. Each probe
is compiled first, and then runs N times and 2N times, so that what surrounds them cancels. Counts repeat where times don't: with a
base, a change of more than 1% of the whole, or of 0.5% of the core, is told, once two more counts of both sides agree. A quarter of a
minute a probe and side.

  --only A,B     the probes that are called so, or else those whose names contain it; ${Object.keys(COUNTED).slice(0, 5).join(", ")} and more
  --functions    the core's functions too
  --json         what was counted, as JSON`;

export const countCommand: Command = {
  about: "instructions by Callgrind, against a revision or alone",
  help: HELP,
  names: { most: 1, instead: "--only A,B chooses probes" },
  options: { json: { type: "boolean" }, only: { type: "string" }, functions: { type: "boolean" } },
  async run(call) {
    const probes = countedLike(call);
    using session = new Session();
    const { counts, changes } = await countSides(session, call.names[0], probes);
    if (call.options.json) {
      console.log(JSON.stringify(changes ?? counts));
      return 0;
    }
    console.log(changes === undefined ? countTable(counts) : changeTable(changes));
    if (call.options.functions) console.log(`\n${functionTable(counts)}`);
    if (session.signal.aborted) console.log("broken off");
    return 0;
  },
};

export interface Counted {
  counts: Count[];
  /** Where there is a base. */
  changes?: CountChange[];
}

/** The probes that are counted and that `--only` asks for. */
function countedLike({ options }: Call): string[] {
  const all = Object.keys(COUNTED);
  return chosen(
    all,
    partsOf(options.only),
    part => `nothing is counted that is called ${part}; there are ${all.join(", ")}`,
  );
}

/** Counts probes of this checkout, and of the base if there is one. */
export async function countSides(
  { arena, signal }: Session,
  base: string | undefined,
  probes: readonly string[],
): Promise<Counted> {
  const progress = new Progress();
  const other: Side | undefined = base === undefined ? undefined : await builtBase(base, progress, signal);
  const counts: Count[] = [];
  const changes: CountChange[] = [];
  for (const [i, probe] of probes.entries()) {
    if (signal.aborted) break;
    progress.show(probe, i, probes.length);
    try {
      const counted = (side: Side) => count(probe, side, arena.folder, signal);
      if (other === undefined) counts.push(await counted(thisTree()));
      else {
        const change = await counting(() => Promise.all([counted(other), counted(thisTree())]));
        counts.push(change.count);
        changes.push(change);
      }
    } catch (error) {
      if (signal.aborted) break;
      if (error instanceof CountError) throw new UsageError(error.message);
      throw error;
    }
  }
  progress.clear();
  return { counts, ...(base !== undefined && { changes }) };
}

function countTable(counts: readonly Count[]): string {
  const rows = counts.map(({ probe, total, core }) => [probe, figure(total), figure(core)]);
  return columns(["probe", "instructions of one", "in the core"], rows).join("\n");
}

/** What a base's counts have become. */
export function changeTable(changes: readonly CountChange[]): string {
  const share = (value: number) => `${value < 0 ? "-" : "+"}${Math.abs(value * 100).toFixed(2)}%`;
  const rows = changes.map(({ probe, base, count, total, core, verdict }) => [
    probe,
    figure(base.total),
    figure(count.total),
    share(total),
    figure(base.core),
    figure(count.core),
    share(core),
    verdict === "more" ? "MORE" : verdict,
  ]);
  return columns(["probe", "base", "this", "change", "core: base", "this", "change", "verdict"], rows).join("\n");
}

function functionTable(counts: readonly Count[]): string {
  const rows = counts.flatMap(({ probe, functions }) =>
    Object.entries(functions)
      .sort(([, a], [, b]) => b - a)
      .map(([name, each]) => [probe, name, figure(each)]),
  );
  return columns(["probe", "function", "instructions of one"], rows).join("\n");
}
