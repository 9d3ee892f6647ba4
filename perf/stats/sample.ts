/** What repeated measurements of one thing say. */
export interface Sample {
  median: number;
  /** The tenth and the ninetieth percentile; of fewer than ten measurements, the least and the most. */
  low: number;
  high: number;
  count: number;
}

/** The value below which the share `q` of sorted values lies. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at));
}

/** The sample of measurements in any order. */
export function sampleOf(values: Iterable<number>): Sample {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) throw new RangeError("nothing was measured");
  const tail = sorted.length < 10 ? 0 : 0.1;
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, tail),
    high: quantile(sorted, 1 - tail),
    count: sorted.length,
  };
}

/** One value, known exactly. */
export function exactly(value: number): Sample {
  return { median: value, low: value, high: value, count: 1 };
}

/** The quotients of what was measured in the same rounds: noise that falls on both sides of a round cancels. */
export function quotients(above: readonly number[], below: readonly number[]): number[] {
  return above.map((value, i) => value / below[i]!);
}
