import { keep, kept } from "../run/kept.ts";
import { randomFrom } from "../stats/random.ts";
import { type ComparisonOptions, compare, USUAL_BUDGET, USUAL_PAIRS } from "./comparison.ts";
import { addNoise } from "./noise.ts";
import { tenthInC, tenthInTypeScript } from "./plant.ts";
import { thisTree } from "./revision.ts";
import type { Judgement } from "./verdict.ts";

export type SelfTestOptions = Omit<ComparisonOptions, "sides" | "seed" | "noiseOf"> & {
  seed: number;
  /** How often the checkout is compared with itself, by the probes. */
  runs: number;
  /** What is tested and how, in so many words as tell it from another test: only the same one is continued. */
  key: string;
  /** Parts to do before it is left to another call. */
  take: number;
  /** Told after each part of it. */
  onPart?(part: SelfTestPart): void;
};

type What = "same code" | "planted in C" | "planted in TypeScript";

export interface SelfTestPart {
  what: What;
  /** Whether it went as it must: quiet, or found. */
  good: boolean;
  judgements: Judgement[];
}

export interface SelfTestResult {
  /** Runs of the same code, and in how many of them anything was called a change. */
  runs: number;
  alarms: number;
  /** Undefined: not done yet. */
  foundInC?: boolean;
  foundInTypeScript?: boolean;
  /** Parts that are left to do. */
  left: number;
}

/** What was done of one test. */
interface Kept {
  key: string;
  parts: SelfTestPart[];
}

const FILE = "self-test.json";

/** One alarm in twenty runs may be chance; of fewer, none. */
export function mayAlarm(runs: number): number {
  return Math.floor(runs / 20);
}

/** Whether what comparisons with itself say is what other comparisons, which are as long, will be troubled by. */
export function isUsual({ pairs, budget }: Pick<ComparisonOptions, "pairs" | "budget">): boolean {
  return pairs >= USUAL_PAIRS && Bun.deepEquals(budget, USUAL_BUDGET);
}

type Sides = ComparisonOptions["sides"];
const PLANTS: Readonly<Record<Exclude<What, "same code">, (options: PairOptions) => Promise<Sides>>> = {
  "planted in C": ({ pin, budget, folder, seed }) => tenthInC(pin, budget, folder, randomFrom(seed)),
  "planted in TypeScript": async () => tenthInTypeScript(),
};

/**
 * Whether the comparison can be believed: it is quiet where nothing has changed, and finds a slowdown of a tenth in either language. Each
 * part is kept as it is done, and the next call goes on behind it; a test that was done to its end begins anew. Each part draws an order of
 * its own.
 */
export async function selfTest({ runs, key, take, onPart, ...options }: SelfTestOptions): Promise<SelfTestResult> {
  const all: What[] = [...Array<What>(runs).fill("same code"), ...(Object.keys(PLANTS) as (keyof typeof PLANTS)[])];
  const before = kept<Kept>(FILE);
  const goesOn = before?.key === key && before.parts.length < all.length;
  const parts = goesOn ? before.parts : [];
  for (const what of all.slice(parts.length, parts.length + take)) {
    const drawn = { ...options, seed: options.seed + parts.length };
    const judgements = await (what === "same code" ? sameCode(drawn) : planted(PLANTS[what], drawn));
    if (options.signal?.aborted) break;
    const part = { what, good: isGood(what, judgements), judgements };
    parts.push(part);
    keep(FILE, { key, parts } satisfies Kept);
    if (what === "same code" && isUsual(options))
      addNoise(new Map(judgements.map(({ probe, change }) => [probe, change])));
    onPart?.(part);
  }
  return resultOf(parts, all.length);
}

function isGood(what: What, judgements: readonly Judgement[]): boolean {
  if (what !== "same code") return judgements[0]?.verdict === "regressed";
  return judgements.every(({ verdict }) => verdict === "same" || verdict === "unsure");
}

function resultOf(parts: readonly SelfTestPart[], of: number): SelfTestResult {
  const same = parts.filter(({ what }) => what === "same code");
  const found = (what: What) => parts.find(part => part.what === what)?.good;
  const [foundInC, foundInTypeScript] = [found("planted in C"), found("planted in TypeScript")];
  return {
    runs: same.length,
    alarms: same.filter(({ good }) => !good).length,
    ...(foundInC !== undefined && { foundInC }),
    ...(foundInTypeScript !== undefined && { foundInTypeScript }),
    left: of - parts.length,
  };
}

type PairOptions = Omit<SelfTestOptions, "runs" | "key" | "take" | "onPart">;

/** By the plain band: one that earlier parts have widened would keep the later ones quiet. */
function sameCode(options: PairOptions): Promise<Judgement[]> {
  return compare({ ...options, noiseOf: () => 0, sides: [thisTree(), thisTree()] });
}

async function planted(plant: (options: PairOptions) => Promise<Sides>, options: PairOptions): Promise<Judgement[]> {
  const { pairs, most } = options;
  const sides = await plant(options);
  // As a comparison does that is unsure.
  return await compare({ ...options, most: Math.max(most, 3 * pairs), probes: ["peek"], sides });
}
