import { bar } from "../bars.ts";
import { heading, legend, nothingYet } from "../elements.ts";
import type { View } from "../view.ts";

const TITLE = "Noise: the same code against itself";
const REACH = 0.2;
const BAND = 0.03;

export const noise: View = {
  id: "noise",
  title: "Noise",
  draw(place, { noise: { machine, changes }, madeAt }) {
    const probes = Object.entries(changes);
    if (probes.length === 0) {
      place.append(...nothingYet(TITLE, "bun perf self-test"));
      return;
    }
    const metric =
      "How far comparisons of a checkout with itself lay from no change: the median, and up to the 95th percentile; the line is the least band of a verdict";
    place.append(...heading(TITLE, metric, "left is quieter", machine, madeAt));
    place.append(legend({ median: "mine", "95th percentile": "ink", "the least band, 3%": "limit" }));
    for (const [probe, values] of probes) {
      const sizes = values.map(Math.abs).sort((a, b) => a - b);
      const at = (q: number) => sizes[Math.min(sizes.length - 1, Math.floor(q * sizes.length))]!;
      place.append(
        bar({
          name: probe,
          note: `${sizes.length} comparisons`,
          value: `${(at(0.5) * 100).toFixed(1)}% · p95 ${(at(0.95) * 100).toFixed(1)}%`,
          from: 0,
          to: at(0.5) / REACH,
          color: "mine",
          span: [at(0.5) / REACH, at(0.95) / REACH],
          mark: BAND / REACH,
        }),
      );
    }
  },
};
