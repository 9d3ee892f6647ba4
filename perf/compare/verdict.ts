import { medianInterval } from "../stats/bootstrap.ts";
import { smallestDetectable } from "../stats/detectable.ts";
import { falseDiscovery } from "../stats/false-discovery.ts";
import { median } from "../stats/median.ts";
import { fewestForSignedRank, signedRank } from "../stats/signed-rank.ts";
import type { Pair } from "./pair.ts";

export type Verdict = "regressed" | "improved" | "same" | "unsure";

/** What pairs say of one probe. Changes are shares of the base's time: 0.1 is a tenth slower, -0.1 a tenth faster. */
export interface Judgement {
  probe: string;
  verdict: Verdict;
  change: number;
  /** The interval that holds the change with 95%. */
  low: number;
  high: number;
  /** Of the signed-rank test; `q` is that, adjusted for all that was looked at. */
  p: number;
  q: number;
  /** What counts as no change. */
  band: number;
  /**
   * The smallest true change, were it the only one, that nine such looks in ten would find, and four in five find twice. Null: the pairs
   * are too few for any.
   */
  detectable: number | null;
  pairs: number;
  /** Medians of nanoseconds; of the second side the 95% interval too. */
  baseNs: number;
  ns: number;
  nsLow: number;
  nsHigh: number;
}

/** No smaller change is worth a verdict. */
export const LEAST_BAND = 0.03;

/** With fewer the interval is not to be believed. */
const LEAST_PAIRS = 6;

/** So many pairs that one change among so many probes can be called one at all. */
export function leastPairs(alpha: number, probes: number): number {
  return Math.max(LEAST_PAIRS, fewestForSignedRank(alpha / probes));
}

export interface JudgeOptions {
  /** Below which q there is a change. */
  alpha: number;
  /** How far apart two runs of the same code lie, as a share. */
  noiseOf(probe: string): number;
}

/** Verdicts on all that was looked at, each against a band that is the larger of 3% and the probe's own noise. */
export function judge(evidence: ReadonlyMap<string, readonly Pair[]>, { alpha, noiseOf }: JudgeOptions): Judgement[] {
  const entries = [...evidence].filter(([, pairs]) => pairs.length > 0);
  const ps = entries.map(([, pairs]) => signedRank(pairs.map(pair => pair.ratio)));
  const qs = falseDiscovery(ps);
  return entries.map(([probe, pairs], i) => {
    const ratios = pairs.map(pair => pair.ratio);
    const interval = medianInterval(ratios);
    const times = medianInterval(pairs.map(pair => pair.ns));
    const band = Math.max(LEAST_BAND, noiseOf(probe));
    // One change among many has to pass as the least p of all does.
    const detectable = smallestDetectable(ratios, { alpha: alpha / entries.length, band: Math.log1p(band) });
    const found = {
      change: Math.expm1(median(ratios)),
      low: Math.expm1(interval.low),
      high: Math.expm1(interval.high),
      p: ps[i]!,
      q: qs[i]!,
      band,
      detectable: pairs.length < LEAST_PAIRS || !Number.isFinite(detectable) ? null : detectable,
      pairs: pairs.length,
      baseNs: median(pairs.map(pair => pair.baseNs)),
      ns: median(pairs.map(pair => pair.ns)),
      nsLow: times.low,
      nsHigh: times.high,
    };
    return { probe, verdict: verdictOf(found, alpha), ...found };
  });
}

function verdictOf(found: Omit<Judgement, "probe" | "verdict">, alpha: number): Verdict {
  const { change, low, high, q, band, pairs } = found;
  if (pairs < LEAST_PAIRS) return "unsure";
  const changed = q <= alpha;
  if (changed && low > 0 && change > band) return "regressed";
  // A change down that undoes the band up: 1 / 1.03.
  const down = 1 / (1 + band) - 1;
  if (changed && high < 0 && change < down) return "improved";
  return low >= down && high <= band ? "same" : "unsure";
}
