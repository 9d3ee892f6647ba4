import { CHEAP } from "../probes/list.ts";
import { randomFrom } from "../stats/random.ts";
import { type ComparisonOptions, compare } from "./comparison.ts";
import { addNoise } from "./noise.ts";
import { slowedInC, slowedInTypeScript, tuned } from "./plant.ts";
import { thisTree } from "./revision.ts";
import type { Judgement } from "./verdict.ts";

export type SelfTestOptions = Omit<ComparisonOptions, "probes" | "sides"> & {
  /** How often the checkout is compared with itself. */
  runs: number;
  /** Told after each part of it. */
  onPart?(part: SelfTestPart): void;
};

export interface SelfTestPart {
  what: "same code" | "planted in C" | "planted in TypeScript";
  /** Whether it went as it must: quiet, or found. */
  good: boolean;
  judgements: Judgement[];
}

export interface SelfTestResult {
  /** Runs of the same code, and in how many of them anything was called a change. */
  runs: number;
  alarms: number;
  /** Undefined: it was ended before. */
  foundInC?: boolean;
  foundInTypeScript?: boolean;
}

/** One alarm in twenty runs may be chance. */
export function mayAlarm(runs: number): number {
  return Math.max(1, Math.floor(runs / 20));
}

const PLANTED = 0.1;

/** Whether the comparison can be believed: it is quiet where nothing has changed, and finds a slowdown of a tenth in either language. */
export async function selfTest({ runs, onPart, ...options }: SelfTestOptions): Promise<SelfTestResult> {
  const result: SelfTestResult = { runs: 0, alarms: 0 };
  const { signal } = options;
  for (; result.runs < runs && !signal?.aborted; result.runs++) {
    const judgements = await compare({ ...options, probes: CHEAP, sides: [thisTree(), thisTree()] });
    if (signal?.aborted) break;
    addNoise(new Map(judgements.map(({ probe, change }) => [probe, change])));
    const good = judgements.every(({ verdict }) => verdict === "same" || verdict === "unsure");
    if (!good) result.alarms++;
    onPart?.({ what: "same code", good, judgements });
  }
  for (const [what, key, plant] of [
    ["planted in C", "foundInC", slowedInC],
    ["planted in TypeScript", "foundInTypeScript", slowedInTypeScript],
  ] as const) {
    if (signal?.aborted) break;
    const { pin, budget, folder } = options;
    const sides = await tuned(await plant(), PLANTED, pin, budget, folder, randomFrom(1));
    const judgements = await compare({ ...options, probes: ["peek"], sides });
    if (signal?.aborted) break;
    const good = judgements[0]?.verdict === "regressed";
    result[key] = good;
    onPart?.({ what, good, judgements });
  }
  return result;
}
