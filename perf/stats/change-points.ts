import { mustBeFinite } from "./finite.ts";
import { type Random, randomFrom, shuffle } from "./random.ts";

export interface ChangePoint {
  /** The first value of the new level. */
  at: number;
  /** How likely a split as good would be if the values between its neighbours were in any order. */
  p: number;
}

export interface ChangePointOptions {
  /** The p above which a split is none. */
  alpha?: number;
  /** Shuffles a test; 999 by default, so that the least p is 1 in 1,000. */
  shuffles?: number;
  /** The least values a level has. */
  least?: number;
  random?: Random;
}

/**
 * Where a series of values changes its level, or its spread: E-divisive (Matteson and James 2014). The split whose two sides are furthest
 * apart by energy distance counts if few shuffles of the same values can be split as well; then each side is looked at in turn. Each split
 * runs to the end of its part; the original also tries to end before.
 *
 * @throws RangeError if a value is not finite.
 */
export function changePoints(values: readonly number[], options: ChangePointOptions = {}): ChangePoint[] {
  const { alpha = 0.01, shuffles = 999, least = 3, random = randomFrom(1) } = options;
  mustBeFinite(values, "change points");
  const found: ChangePoint[] = [];
  const parts: [from: number, to: number][] = [[0, values.length]];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const [from, to] = part;
    const best = bestSplit(values.slice(from, to), least);
    if (best === undefined) continue;
    const p = splitChance(values.slice(from, to), best.distance, least, shuffles, random);
    if (p > alpha) continue;
    found.push({ at: from + best.at, p });
    parts.push([from, from + best.at], [from + best.at, to]);
  }
  return found.sort((a, b) => a.at - b.at);
}

export interface Split {
  at: number;
  distance: number;
}

/** The split of the values whose sides are furthest apart; none if there are too few of them. */
export function bestSplit(values: readonly number[], least: number): Split | undefined {
  const n = values.length;
  let before = 0;
  let after = sumOfDistances(values);
  let across = 0;
  let best: Split | undefined;
  // `at` values are before the split: from one step to the next one of them changes sides.
  for (let at = 1; at <= n - least; at++) {
    const moved = values[at - 1]!;
    let toBefore = 0;
    let toAfter = 0;
    for (let i = 0; i < at - 1; i++) toBefore += Math.abs(values[i]! - moved);
    for (let i = at; i < n; i++) toAfter += Math.abs(values[i]! - moved);
    before += toBefore;
    after -= toAfter;
    across += toAfter - toBefore;
    if (at < least) continue;
    const distance = energy(before, after, across, at, n - at);
    if (best === undefined || distance > best.distance) best = { at, distance };
  }
  return best;
}

/** The energy distance of m and n values, weighted so that splits of all places compare; from sums of distances, each pair once. */
function energy(withinM: number, withinN: number, across: number, m: number, n: number): number {
  const mean = (sum: number, count: number) => (count > 1 ? (2 * sum) / (count * (count - 1)) : 0);
  return ((m * n) / (m + n)) * ((2 * across) / (m * n) - mean(withinM, m) - mean(withinN, n));
}

function sumOfDistances(values: readonly number[]): number {
  let sum = 0;
  for (let i = 1; i < values.length; i++) for (let j = 0; j < i; j++) sum += Math.abs(values[i]! - values[j]!);
  return sum;
}

function splitChance(values: number[], distance: number, least: number, shuffles: number, random: Random): number {
  let asGood = 0;
  for (let i = 0; i < shuffles; i++) {
    const split = bestSplit(shuffle(values, random), least)!;
    // What is equal but for rounding is as good.
    if (split.distance >= distance * (1 - 1e-12)) asGood++;
  }
  return (asGood + 1) / (shuffles + 1);
}
