import type { Noise } from "../compare/noise.ts";
import type { KeptComparison } from "../history/comparison-file.ts";
import type { Recording } from "../history/recording.ts";
import type { Trend } from "../history/trend.ts";

/** All that the page shows. What has not been measured yet is absent, and the page says which command measures it. */
export interface DashboardData {
  /** ISO 8601. */
  madeAt: string;
  recording?: Recording | undefined;
  comparison?: KeptComparison | undefined;
  trends: Trend[];
  noise: Noise;
}
