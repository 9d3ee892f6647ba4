import { quantile } from "./sample.ts";

/** The median of values in any order. @throws RangeError if there are none. */
export function median(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) throw new RangeError("nothing has no median");
  return quantile(sorted, 0.5);
}

/** How far values lie from their median, as the standard deviation of a normal distribution that lies as far: outliers don't count. */
export function robustSpread(values: readonly number[]): number {
  const middle = median(values);
  return 1.4826 * median(values.map(value => Math.abs(value - middle)));
}

/** The logarithms of how much `after` is of `before`, one a pair: twice as much and half as much are as far from 0. */
export function logRatios(before: readonly number[], after: readonly number[]): number[] {
  if (before.length !== after.length) throw new RangeError("a pair has two sides");
  return after.map((value, i) => Math.log(value / before[i]!));
}
