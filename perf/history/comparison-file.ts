import type { Judgement } from "../compare/verdict.ts";
import type { Setting } from "./recording.ts";

/** A comparison of this checkout with a revision. */
export interface KeptComparison extends Setting {
  base: string;
  /** The core to which the workers were pinned; null if to none. */
  core: number | null;
  judgements: Judgement[];
  /** Probes that did not run on both sides, and why. */
  failed: Record<string, string>;
  /** It ended before all pairs were run. */
  brokenOff?: boolean;
}

/** The file of the last one. */
export const COMPARISON = "compare.json";
