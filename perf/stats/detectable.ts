import { robustSpread } from "./median.ts";
import { normalQuantile } from "./normal.ts";
import { leastSignedRank } from "./signed-rank.ts";

/** How good the signed-rank test is beside the best one for normal differences (Pitman): it needs 3/π times as many pairs less. */
const EFFICIENCY = 3 / Math.PI;

export interface DetectableOptions {
  /** The p below which a change counts as one. */
  alpha?: number;
  /** The chance to see the smallest change. */
  power?: number;
}

/**
 * The smallest change that these pairs could have shown, as a share: 0.04 says 4%. It follows from how far the pairs' log ratios lie
 * apart, so a look at noisy pairs says of itself how little it could see. Infinite if the pairs are too few to show any.
 */
export function smallestDetectable(
  ratios: readonly number[],
  { alpha = 0.05, power = 0.8 }: DetectableOptions = {},
): number {
  if (ratios.length === 0 || leastSignedRank(ratios.length) > alpha) return Number.POSITIVE_INFINITY;
  const deviations = normalQuantile(1 - alpha / 2) + normalQuantile(power);
  return Math.expm1((deviations * robustSpread(ratios)) / Math.sqrt(ratios.length * EFFICIENCY));
}
