import { randomFrom } from "../stats/random.ts";
import { inLooks } from "./looks.ts";
import { noiseOf, readNoise } from "./noise.ts";
import { type Budget, type Pair, runPair, type Side } from "./pair.ts";
import type { Pin } from "./pin.ts";
import type { Judgement } from "./verdict.ts";

export interface ComparisonOptions {
  probes: readonly string[];
  sides: readonly [base: Side, other: Side];
  pin: Pin;
  budget: Budget;
  /** Pairs of a probe before the first look; and at most, where it stays unsure. */
  pairs: number;
  most: number;
  folder: string;
  /** How far apart two runs of the same code lie, as a share: what is known of this machine, unless it is told. */
  noiseOf?: (probe: string) => number;
  seed?: number;
  /** When it aborts, what is done is judged. */
  signal?: AbortSignal;
  /** Told when a probe does not run, which is then left out: one side may lack what it needs. */
  onFailure?(probe: string, error: unknown): void;
  /** Told before each pair: which one of how many, as far as that is known. */
  onPair?(probe: string, done: number, of: number): void;
}

export const USUAL_BUDGET: Budget = { warmUpMs: 300, sliceMs: 10, slices: 40 };

/** Pairs of a probe before the first look. */
export const USUAL_PAIRS = 10;

/**
 * Runs pairs of all probes in turns, so that what the machine does meanwhile falls on all of them; then more of those that are unsure.
 */
export async function compare(options: ComparisonOptions): Promise<Judgement[]> {
  const { probes, seed = Date.now() } = options;
  const random = randomFrom(seed);
  const evidence = new Map<string, Pair[]>(probes.map(probe => [probe, []]));
  const noise = readNoise();
  return await inLooks({ noiseOf: probe => noiseOf(noise, probe), ...options }, async (left, until) => {
    await addPairs(left, until, evidence, options, random);
    return evidence;
  });
}

async function addPairs(
  probes: readonly string[],
  until: number,
  evidence: ReadonlyMap<string, Pair[]>,
  { sides, pin, budget, folder, signal, onPair, onFailure }: ComparisonOptions,
  random: () => number,
): Promise<void> {
  const failed = new Set<string>();
  const missing = (probe: string) => (failed.has(probe) ? 0 : Math.max(0, until - evidence.get(probe)!.length));
  const of = probes.reduce((sum, probe) => sum + missing(probe), 0);
  for (let done = 0; probes.some(missing); ) {
    for (const probe of probes) {
      if (missing(probe) === 0) continue;
      if (signal?.aborted) return;
      onPair?.(probe, done++, of);
      try {
        evidence.get(probe)!.push(await runPair(probe, sides, pin, budget, folder, random, signal));
      } catch (error) {
        // Its workers end when it aborts.
        if (signal?.aborted) return;
        failed.add(probe);
        evidence.get(probe)!.length = 0;
        onFailure?.(probe, error);
      }
    }
  }
}
