/** What a series of measurements says: its middle and how far it spreads. */
export interface Sample {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Quantiles of a series, all values kept: nothing is dropped as an outlier. */
export function sample(values: readonly number[]): Sample {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] as number;
  return { p10: at(0.1), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

/** Nanoseconds that one call took. */
export function timed(work: () => unknown): number {
  const begin = Bun.nanoseconds();
  kept.last = work();
  return Bun.nanoseconds() - begin;
}

/** Nanoseconds a call of a short function, `calls` at a time, in each of `rounds` samples; the first tenth warms up. */
export function perCall(work: () => unknown, calls: number, rounds: number): number[] {
  const values: number[] = [];
  for (let round = 0; round < rounds * 1.1; round++) {
    const begin = Bun.nanoseconds();
    for (let i = 0; i < calls; i++) kept.last = work();
    if (round >= rounds * 0.1) values.push((Bun.nanoseconds() - begin) / calls);
  }
  return values;
}

/** Both sides in turn, so that what happens to the machine happens to both. */
export function inTurn(rounds: number, ...sides: (() => number)[]): number[][] {
  const values: number[][] = sides.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, side] of sides.entries()) (values[i] as number[]).push(side());
  return values;
}

/** Results are kept where the optimizer can't see that nobody reads them. */
export const kept: { last: unknown } = { last: undefined };
