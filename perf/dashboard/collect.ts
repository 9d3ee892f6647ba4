import { readNoise } from "../compare/noise.ts";
import { COMPARISON, type KeptComparison } from "../history/comparison-file.ts";
import { HISTORY, readHistory } from "../history/line.ts";
import { MARKS, readMarks } from "../history/marks.ts";
import { newer, QUICK_LOOK, RECORDING, type Recording } from "../history/recording.ts";
import { trendsOf } from "../history/trend.ts";
import { kept } from "../run/kept.ts";
import type { DashboardData } from "./data.ts";

/** What the commands before have kept, and the history. */
export function collect(history = HISTORY, marks = MARKS): DashboardData {
  return {
    madeAt: new Date().toISOString(),
    recording: newer(kept<Recording>(RECORDING), kept<Recording>(QUICK_LOOK)),
    comparison: kept<KeptComparison>(COMPARISON),
    trends: trendsOf(readHistory(history), readMarks(marks)),
    noise: readNoise(),
  };
}
