import type { Judgement } from "../../../compare/verdict.ts";
import { type Bar, bar } from "../bars.ts";
import { el, heading, legend, nothingYet } from "../elements.ts";
import { nsText, shareText } from "../units.ts";
import type { View } from "../view.ts";

const TITLE = "The last comparison";
const COLORS = { regressed: "bad", improved: "good", unsure: "unsure", same: "peer" };

export const compare: View = {
  id: "compare",
  title: "Compare",
  draw(place, { comparison }) {
    if (comparison === undefined || comparison.judgements.length === 0) {
      place.append(...nothingYet(TITLE, "bun perf compare"));
      return;
    }
    const { revision, dirty, base, machine, core, at, judgements, failed } = comparison;
    const where = `${machine}, ${core === null ? "not pinned" : `core ${core}`}`;
    const metric = `Change of time, ${revision.slice(0, 10)}${dirty ? " and changes" : ""} against ${base.slice(0, 10)}, with its 95% interval and the band that counts as none`;
    place.append(...heading(TITLE, metric, "left is faster", where, at));
    place.append(legend({ regressed: "bad", improved: "good", unsure: "unsure", same: "peer" }));
    const reach = Math.max(
      0.1,
      ...judgements.map(({ low, high }) => Math.min(1, Math.max(Math.abs(low), Math.abs(high)))),
    );
    const sorted = judgements.toSorted((a, b) => Math.abs(b.change) - Math.abs(a.change));
    place.append(...sorted.map(one => bar(barOf(one, reach))));
    for (const [probe, why] of Object.entries(failed))
      place.append(el("p", { class: "caption" }, `${probe} did not run: ${why}`));
  },
};

function barOf(found: Judgement, reach: number): Bar {
  const at = (share: number) => 0.5 + share / reach / 2;
  const { probe, verdict, change, low, high, band, baseNs, ns, pairs, detectable } = found;
  const seen = detectable === null ? "too few pairs to see any" : `could see ${(detectable * 100).toFixed(1)}%`;
  return {
    name: probe,
    note: `${nsText(baseNs)} → ${nsText(ns)}; ${pairs} pairs, ${seen}`,
    value: `${shareText(change)} ${verdict}`,
    valueClass: verdict,
    from: 0.5,
    to: at(change),
    color: COLORS[verdict],
    mark: 0.5,
    markColor: "faint",
    span: [at(low), at(high)],
    band: [at(-band), at(band)],
  };
}
