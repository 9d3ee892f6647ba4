import { type ComparisonOptions, USUAL_BUDGET } from "../compare/comparison.ts";
import { pinToOneCore } from "../compare/pin.ts";
import type { Arena } from "../run/arena.ts";
import { type Call, numberOf } from "./command.ts";
import type { Interrupt } from "./interrupt.ts";
import { Progress } from "./progress.ts";

/** The options that all have who run pairs. */
export const PAIR_OPTIONS = {
  json: { type: "boolean" },
  pairs: { type: "string" },
  most: { type: "string" },
  slices: { type: "string" },
  "slice-ms": { type: "string" },
  "warm-up-ms": { type: "string" },
  seed: { type: "string" },
} as const;

export const PAIR_HELP = `  --pairs N        pairs of fresh processes for each probe before the first look
  --most N         at most, where it stays unsure
  --slices N       slices of each side in a pair, ${USUAL_BUDGET.slices}
  --slice-ms N     how long one is, ${USUAL_BUDGET.sliceMs}
  --warm-up-ms N   how long each warms up, a third of it alone, the rest in turns, ${USUAL_BUDGET.warmUpMs}
  --seed N         of the order in which the sides take turns, so that it can be the same again
  --json           what was found, as JSON`;

/** What the options say of the pairs; progress is shown as they run. */
export function pairOptions(
  call: Call,
  usual: { pairs: number; most: number },
  arena: Arena,
  interrupt: Interrupt,
): Omit<ComparisonOptions, "probes" | "sides" | "seed"> & { seed: number; progress: Progress } {
  const progress = new Progress();
  const pairs = numberOf(call, "pairs", usual.pairs);
  return {
    pin: pinToOneCore(),
    budget: {
      warmUpMs: numberOf(call, "warm-up-ms", USUAL_BUDGET.warmUpMs, 0),
      sliceMs: numberOf(call, "slice-ms", USUAL_BUDGET.sliceMs),
      slices: numberOf(call, "slices", USUAL_BUDGET.slices),
    },
    pairs,
    most: Math.max(pairs, numberOf(call, "most", Math.max(usual.most, pairs))),
    folder: arena.folder,
    seed: numberOf(call, "seed", Date.now() % 2 ** 31, 0),
    signal: interrupt.signal,
    onPair: (probe, done, of) => progress.show(probe, done, of),
    progress,
  };
}
