/** Each power of two is parted in so many buckets: a value is known to 1 in 128. */
const PARTS_BITS = 7;
const PARTS = 1 << PARTS_BITS;
const POWERS = 46;

/** A histogram as JSON: pairs of a bucket and how many fell into it, in order; what fell beyond the last bucket is in the last. */
export interface HistogramJson {
  buckets: [bucket: number, count: number][];
  max: number;
}

/**
 * Latencies by the million in 47 KiB: buckets as wide as 1/128 of what they hold, from 1 up, whatever the unit is (nanoseconds: to 9
 * hours). The idea is HdrHistogram's (Gil Tene). The maximum is kept exactly.
 */
export class Histogram {
  readonly #counts = new Float64Array(POWERS * PARTS);
  #count = 0;
  #max = 0;

  /** @throws RangeError if the value is negative or not finite. */
  record(value: number, times = 1): void {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw new RangeError(`a histogram holds no ${value}`);
    const bucket = Math.min(bucketOf(value), this.#counts.length - 1);
    this.#counts[bucket] = this.#counts[bucket]! + times;
    this.#count += times;
    this.#max = Math.max(this.#max, value);
  }

  get count(): number {
    return this.#count;
  }

  get max(): number {
    return this.#max;
  }

  /** The value that the share `q` of all does not exceed: never too low, and at most 1/128 (or 1) too high. */
  quantile(q: number): number {
    let left = Math.max(1, Math.ceil(q * this.#count));
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket]!;
      if (left <= 0) return Math.min(endOf(bucket), this.#max);
    }
    return this.#max;
  }

  /** Adds all that another one holds. */
  add(other: Histogram): void {
    for (let bucket = 0; bucket < this.#counts.length; bucket++) this.#counts[bucket]! += other.#counts[bucket]!;
    this.#count += other.#count;
    this.#max = Math.max(this.#max, other.#max);
  }

  toJSON(): HistogramJson {
    const buckets: [number, number][] = [];
    this.#counts.forEach((count, bucket) => {
      if (count > 0) buckets.push([bucket, count]);
    });
    return { buckets, max: this.#max };
  }

  static from({ buckets, max }: HistogramJson): Histogram {
    const histogram = new Histogram();
    for (const [bucket, count] of buckets) {
      histogram.#counts[bucket] = count;
      histogram.#count += count;
    }
    histogram.#max = max;
    return histogram;
  }
}

/** Below PARTS each whole number is a bucket; from there on, each power of two is PARTS of them. */
function bucketOf(value: number): number {
  if (value < PARTS) return Math.floor(value);
  const power = Math.floor(Math.log2(value));
  const exact = 2 ** power > value ? power - 1 : power;
  return (exact - PARTS_BITS + 1) * PARTS + Math.floor((value / 2 ** exact - 1) * PARTS);
}

/** The value that a bucket ends before. */
function endOf(bucket: number): number {
  if (bucket < PARTS) return bucket + 1;
  const power = Math.floor(bucket / PARTS) + PARTS_BITS - 1;
  return 2 ** power * (1 + ((bucket % PARTS) + 1) / PARTS);
}
