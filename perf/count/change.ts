import { median } from "../stats/median.ts";
import type { Count } from "./counting.ts";

/** What counts as no change: the core's own instructions repeat better than a whole process's. */
export const CORE_BOUND = 0.005;
export const TOTAL_BOUND = 0.01;

/** Instructions of a probe on both sides, and the changes as shares. */
export interface CountChange {
  probe: string;
  base: Count;
  count: Count;
  total: number;
  core: number;
  verdict: "more" | "fewer" | "same";
}

/** A change beyond a bound, of the whole or of the core alone, is one; if they disagree, the whole decides. */
export function changeOf(base: Count, count: Count): CountChange {
  const share = (before: number, after: number) => (before === after ? 0 : after / before - 1);
  const total = share(base.total, count.total);
  // What the core does not do at all, or hardly, it does not do 1% more of.
  const core = Math.max(base.core, count.core) < 10 ? 0 : share(base.core, count.core);
  const beyond = Math.abs(total) > TOTAL_BOUND ? total : Math.abs(core) > CORE_BOUND ? core : 0;
  return { probe: count.probe, base, count, total, core, verdict: beyond > 0 ? "more" : beyond < 0 ? "fewer" : "same" };
}

/** More counts of both sides before a change is told. */
const AGAIN = 2;

/**
 * The change between two sides that `both` counts. One that is beyond a bound is looked at again, by the medians of three counts: the same
 * code is now and then compiled another way.
 */
export async function counting(both: () => Promise<[base: Count, count: Count]>): Promise<CountChange> {
  const rounds = [await both()];
  const first = changeOf(...rounds[0]!);
  if (first.verdict === "same") return first;
  for (let i = 0; i < AGAIN; i++) rounds.push(await both());
  return changeOf(middle(rounds.map(([base]) => base)), middle(rounds.map(([, count]) => count)));
}

/** The count whose whole is the median, with the median of the core. */
function middle(counts: readonly Count[]): Count {
  const one = counts.toSorted((a, b) => a.total - b.total)[counts.length >> 1]!;
  return { ...one, core: median(counts.map(({ core }) => core)) };
}
