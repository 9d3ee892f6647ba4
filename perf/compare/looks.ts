import type { Pair } from "./pair.ts";
import { type Judgement, judge, leastPairs } from "./verdict.ts";

/** In all looks together one change in twenty that is none is called one. */
const ALPHA = 0.05;

/** How often it is looked: at the first pairs, and twice again at those that stay unsure; once where there can be no more pairs. */
const LOOKS = 3;

/** So many pairs that a change of one probe alone can be told from chance, among so many that are looked at so often. */
export function pairsForOneOf(probes: number, looks: number): number {
  return leastPairs(ALPHA / looks, probes);
}

export interface LooksOptions {
  probes: readonly string[];
  /** Pairs of a probe before the first look; and at most, where it stays unsure. */
  pairs: number;
  most: number;
  /** How far apart two runs of the same code lie, as a share. */
  noiseOf: (probe: string) => number;
  /** When it aborts, what is done is judged. */
  signal?: AbortSignal | undefined;
}

/**
 * Has pairs of all probes run, looks at them, and has more run of those that are unsure. Each look has its third of the false alarms. Who
 * seems to have changed is asked again: it is called so only if as many fresh pairs say the same by themselves. What is decided stays
 * decided: a probe that gets no more pairs is not judged again by how others have turned out meanwhile. Its p still counts among those of
 * later looks.
 *
 * `run` brings the pairs of probes up to a number, and gives those of all.
 */
export async function inLooks({ probes, pairs, most, noiseOf, signal }: LooksOptions, run: Run): Promise<Judgement[]> {
  const decided = new Map<string, Judgement>();
  const looks = looksOf(pairs, most, probes.length);
  const alpha = looks.length > 1 ? ALPHA / LOOKS : ALPHA;
  let found: Judgement[] = [];
  for (const until of looks) {
    const left = probes.filter(probe => !decided.has(probe));
    if (left.length === 0 || signal?.aborted) break;
    found = judge(await run(left, until), { alpha, noiseOf });
    const open = found.filter(({ probe }) => !decided.has(probe));
    const again = await askAgain(open.filter(isChange), pairs, noiseOf, run);
    for (const one of [...open.filter(({ verdict }) => verdict === "same"), ...again]) decided.set(one.probe, one);
  }
  return found.map(one => decided.get(one.probe) ?? (isChange(one) ? { ...one, verdict: "unsure" } : one));
}

/** Brings the pairs of probes up to a number, and gives those of all. */
type Run = (probes: readonly string[], until: number) => Promise<ReadonlyMap<string, readonly Pair[]>>;

function isChange({ verdict }: Judgement): boolean {
  return verdict === "regressed" || verdict === "improved";
}

/** Of those that seem to have changed the ones of which fresh pairs say so too, now judged by all their pairs; p and q are the look's. */
async function askAgain(
  changed: readonly Judgement[],
  pairs: number,
  noiseOf: (probe: string) => number,
  run: Run,
): Promise<Judgement[]> {
  if (changed.length === 0) return [];
  const until = Math.max(...changed.map(one => one.pairs)) + pairs;
  const evidence = await run(
    changed.map(({ probe }) => probe),
    until,
  );
  const only = (probe: string, some: readonly Pair[]) => judge(new Map([[probe, some]]), { alpha: ALPHA, noiseOf })[0];
  return changed.flatMap(({ probe, pairs: before, p, q, verdict, detectable }) => {
    const all = evidence.get(probe)!;
    if (only(probe, all.slice(before))?.verdict !== verdict) return [];
    return [{ ...only(probe, all)!, p, q, verdict, detectable }];
  });
}

/** After how many pairs it is looked: the second time halfway, but not before a change of one probe alone can be found. */
export function looksOf(pairs: number, most: number, probes: number): number[] {
  if (most <= pairs) return [pairs];
  const middle = Math.max(Math.round((pairs + most) / 2), Math.min(most, pairsForOneOf(probes, LOOKS)));
  return middle < most && middle > pairs ? [pairs, middle, most] : [pairs, most];
}
