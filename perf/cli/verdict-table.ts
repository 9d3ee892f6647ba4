import type { Judgement, Verdict } from "../compare/verdict.ts";
import { timeText } from "../stats/figure.ts";
import { columns } from "./columns.ts";

const HEADS = ["probe", "base", "this", "change", "95% interval", "q", "band", "could see", "pairs", "verdict"];
const ORDER: readonly Verdict[] = ["regressed", "unsure", "improved", "same"];

/** Judgements as text, what matters most first, and a line that sums them up. */
export function verdictTable(judgements: readonly Judgement[]): string {
  const sorted = judgements.toSorted(
    (a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || Math.abs(b.change) - Math.abs(a.change),
  );
  const counts = ORDER.map(verdict => `${judgements.filter(one => one.verdict === verdict).length} ${verdict}`);
  return [...columns(HEADS, sorted.map(cellsOf)), "", `${counts.join(", ")}; a change up is slower`].join("\n");
}

function cellsOf(found: Judgement): string[] {
  return [
    found.probe,
    timeText(found.baseNs),
    // The medians of both sides would contradict the pairs where slices are of two kinds.
    timeText(found.baseNs * (1 + found.change)),
    share(found.change),
    `${share(found.low)} .. ${share(found.high)}`,
    found.q.toPrecision(2),
    `±${(found.band * 100).toFixed(1)}%`,
    found.detectable === null ? "nothing" : `${(found.detectable * 100).toFixed(1)}%`,
    String(found.pairs),
    found.verdict === "regressed" ? "REGRESSED" : found.verdict,
  ];
}

function share(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value * 100).toFixed(1)}%`;
}
