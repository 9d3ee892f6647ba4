import { mustBeFinite } from "./finite.ts";
import { normalShare } from "./normal.ts";

/** Above so many the exact distribution has so many terms that the normal one is as good. */
const MOST_EXACT = 300;

/**
 * How likely differences as one-sided as these would be if either sign were as likely: Wilcoxon's signed-rank test, two-sided. Exact: the
 * distribution of the sum of ranks is counted out, ties share their middle rank, and zeros, which favour neither side, are dropped. Of
 * more than 300 values it is the normal approximation.
 *
 * @throws RangeError if a difference is not finite.
 */
export function signedRank(differences: readonly number[]): number {
  mustBeFinite(differences, "the signed-rank test");
  const signed = differences.filter(value => value !== 0);
  if (signed.length === 0) return 1;
  const ranks = doubledRanks(signed.map(Math.abs));
  const positive = ranks.reduce((sum, rank, i) => (signed[i]! > 0 ? sum + rank : sum), 0);
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const least = Math.min(positive, total - positive);
  return Math.min(1, 2 * (signed.length > MOST_EXACT ? normalTail(ranks, least) : exactTail(ranks, total, least)));
}

/** The fewest pairs that can give so small a p: all of them on one side. */
export function fewestForSignedRank(alpha: number): number {
  return Math.max(1, Math.ceil(1 - Math.log2(alpha)));
}

/**
 * The largest sum of the ranks of one sign, of so many pairs without ties, whose p is at most `alpha`; -1 if even none of that sign is
 * too likely.
 */
export function mostSignedRank(pairs: number, alpha: number): number {
  const ranks = Array.from({ length: pairs }, (_, i) => i + 1);
  const chance = chancesOf(ranks, (pairs * (pairs + 1)) / 2);
  let p = 0;
  for (let sum = 0; sum < chance.length; sum++) {
    p += 2 * chance[sum]!;
    if (p > alpha) return sum - 1;
  }
  return chance.length - 1;
}

/** Twice the rank of each, from 2 up, so that a middle rank is whole. */
function doubledRanks(sizes: readonly number[]): number[] {
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[a]! - sizes[b]!);
  const ranks = new Array<number>(sizes.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && sizes[order[to]!] === sizes[order[from]!]) to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = from + 1 + to;
    from = to;
  }
  return ranks;
}

/** The chance that the ranks with a plus add up to at most `least`. */
function exactTail(ranks: readonly number[], total: number, least: number): number {
  return chancesOf(ranks, total)
    .subarray(0, least + 1)
    .reduce((sum, chance) => sum + chance, 0);
}

/** How likely it is that the ranks with a plus add up to each sum: each rank in turn has a plus or not. */
function chancesOf(ranks: readonly number[], total: number): Float64Array {
  const chance = new Float64Array(total + 1);
  chance[0] = 1;
  let reach = 0;
  for (const rank of ranks) {
    reach += rank;
    for (let sum = reach; sum >= 0; sum--) {
      chance[sum] = (chance[sum]! + (sum >= rank ? chance[sum - rank]! : 0)) / 2;
    }
  }
  return chance;
}

function normalTail(ranks: readonly number[], least: number): number {
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / 2;
  const variance = ranks.reduce((sum, rank) => sum + rank * rank, 0) / 4;
  // Half a step of the doubled ranks' sum, for a sum is whole and a normal variable is not.
  return normalShare((least + 1 - mean) / Math.sqrt(variance));
}
