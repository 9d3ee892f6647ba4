import { quantile } from "./quantile.ts";

/**
 * How sure is the mean delay? Draw as many flights as there are, with replacement, take their mean, do it again: the
 * middle 95 of a hundred such means are the 95% confidence interval. A late day is late for many flights, so runs of
 * about a day are drawn, not single flights (the moving block bootstrap). The draws make the demo's large object: 1 GiB
 * holds 178 resamples of 3,000,000 flights.
 */

/** How many flights in a row are drawn at once: 0.9 of a day's. */
export const blockFlights = 15_000;

/** Fills `draws` with blocks of `from`; returns their sum, without reading them. The same seed draws the same blocks. */
export async function draw(
  draws: Int16Array,
  from: Int16Array,
  seed: number,
  onProgress: (share: number) => void,
): Promise<number> {
  const sums = runningSums(from);
  let state = seed;
  let total = 0;
  for (let at = 0, blocks = 0; at < draws.length; at += blockFlights, blocks++) {
    state ^= state << 13; // xorshift32
    state ^= state >>> 17;
    state ^= state << 5;
    const start = (state >>> 0) % (from.length - blockFlights + 1);
    const end = start + Math.min(blockFlights, draws.length - at);
    draws.set(from.subarray(start, end), at);
    total += sums[end]! - sums[start]!;
    if (blocks % 500 === 0) {
      onProgress(at / draws.length);
      await Bun.sleep(0); // lets a signal in
    }
  }
  return total;
}

/** `sums[i]` is the sum of the first i values. */
function runningSums(values: Int16Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i]! + values[i]!;
  return sums;
}

export interface Interval {
  /** The sum of all draws, to be compared with what was drawn. */
  sum: number;
  resamples: number;
  from: number;
  to: number;
}

/** Reads every draw: the sum of all, and the interval from each complete resample of `size` draws. */
export function interval(draws: Int16Array, size: number): Interval {
  const means: number[] = [];
  let sum = 0;
  for (let start = 0; start < draws.length; start += size) {
    const resample = draws.subarray(start, start + size);
    let total = 0;
    for (let i = 0; i < resample.length; i++) total += resample[i]!;
    sum += total;
    if (resample.length === size) means.push(total / size);
  }
  return { sum, resamples: means.length, from: quantile(means, 0.025), to: quantile(means, 0.975) };
}
