import { mustBeFinite } from "./finite.ts";
import { median, robustSpread } from "./median.ts";
import { normalQuantile } from "./normal.ts";
import { type Random, randomFrom } from "./random.ts";
import { quantile } from "./sample.ts";
import { mostSignedRank } from "./signed-rank.ts";

/** So often pairs are drawn to see what a test would make of them. */
const DRAWS = 1_000;

/** Of more pairs than these it is what they say, less by the root of how many times as many there are. */
const MOST_DRAWN = 64;

/** The chance that a look finds it. Whoever asks again (looks.ts) then finds it twice four times in five. */
const POWER = 0.9;

export interface DetectableOptions {
  /** The p up to which a change counts as one: of one change among many looked at, what that leaves for the least p of all. */
  alpha: number;
  /** How far the median has to lie from no change beside that, as a log ratio. */
  band?: number;
}

/**
 * The smallest true change that a look at such pairs would call one, nine times in ten, as a share: 0.04 says 4%. Called one is what the
 * signed-rank test finds, whose 95% interval excludes no change, and whose median lies beyond the band. It follows from how far the pairs'
 * log ratios lie apart, were they normal, so a look at noisy pairs says of itself how little it could see; less than the band it never
 * says. Infinite if the pairs are too few to show any.
 */
export function smallestDetectable(ratios: readonly number[], { alpha, band = 0 }: DetectableOptions): number {
  mustBeFinite(ratios, "the smallest change that can be seen");
  const drawn = Math.min(ratios.length, MOST_DRAWN);
  const most = mostSignedRank(drawn, alpha);
  if (ratios.length === 0 || most < 0) return Number.POSITIVE_INFINITY;
  const spread = spreadOf(ratios) * Math.sqrt(drawn / ratios.length);
  const changes = drawsOf(drawn, most).map(({ toTest, toInterval, toMedian }) =>
    Math.max(spread * toTest, spread * toInterval, band + spread * toMedian),
  );
  return Math.expm1(quantile(Float64Array.from(changes).sort(), POWER));
}

/** Without the robust spread's bias of few values (Croux and Rousseeuw 1992); where more than half are one value, the deviation. */
function spreadOf(ratios: readonly number[]): number {
  const n = ratios.length;
  const robust = robustSpread(ratios);
  if (robust > 0) return (robust * n) / (n - 0.8);
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / n;
  return Math.sqrt(ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / Math.max(1, n - 1));
}

/** What has to be added to drawn pairs until the test finds a change, until their interval excludes 0, and until their median is 0; in deviations. */
interface Draw {
  toTest: number;
  toInterval: number;
  toMedian: number;
}

const known = new Map<string, Draw[]>();

function drawsOf(pairs: number, most: number): readonly Draw[] {
  const key = `${pairs} ${most}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const random = randomFrom(1);
  // Where the 95% interval of a median begins: so many values lie below it as below a binomial's half.
  const end = Math.max(0, 0.5 - normalQuantile(0.975) / 2 / Math.sqrt(pairs));
  const draws = Array.from({ length: DRAWS }, () => {
    const values = Float64Array.from({ length: pairs }, () => normal(random)).sort();
    return {
      toTest: -walshAverages([...values])[most]!,
      toInterval: -quantile(values, end),
      toMedian: -median(values),
    };
  });
  known.set(key, draws);
  return draws;
}

/** Means of each value with itself and each other, in order: the ranks of negative values add up to how many of these are negative (Tukey). */
function walshAverages(values: readonly number[]): Float64Array {
  const averages = values.flatMap((value, i) => values.slice(i).map(other => (value + other) / 2));
  return Float64Array.from(averages).sort();
}

/** A standard normal value (Box and Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
