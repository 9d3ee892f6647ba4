import { quantile } from "../stats/sample.ts";

/** What one comparison of a checkout with itself has said. */
export interface Difference {
  /** ISO 8601. */
  at: string;
  /** As a share: 0.01 is 1% slower than itself. */
  change: number;
}

/** How far from no change the share `q` of these lay, at most. */
export function noiseLevel(differences: readonly Difference[], q: number): number {
  return quantile(Float64Array.from(differences, ({ change }) => Math.abs(change)).sort(), q);
}
