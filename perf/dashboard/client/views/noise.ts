import { noiseLevel } from "../../../compare/noise-level.ts";
import { bar } from "../bars.ts";
import { heading, legend, nothingYet } from "../elements.ts";
import type { View } from "../view.ts";

const TITLE = "Noise: the same code against itself";
const REACH = 0.2;
const BAND = 0.03;

export const noise: View = {
  id: "noise",
  title: "Noise",
  draw(place, { noise: { machine, changes } }) {
    const probes = Object.entries(changes);
    if (probes.length === 0) {
      place.append(...nothingYet(TITLE, "bun perf self-test"));
      return;
    }
    const metric =
      "How far comparisons of a checkout with itself lay from no change: the median, and up to the 95th percentile; the line is the least band of a verdict";
    const newest = probes.map(([, differences]) => differences.at(-1)!.at).sort();
    place.append(...heading(TITLE, metric, "left is quieter", machine, newest.at(-1)));
    place.append(legend({ median: "mine", "95th percentile": "ink", "the least band, 3%": "limit" }));
    for (const [probe, differences] of probes) {
      const [middle, most] = [noiseLevel(differences, 0.5), noiseLevel(differences, 0.95)];
      place.append(
        bar({
          name: probe,
          note: `${differences.length} comparisons, the last on ${differences.at(-1)!.at.slice(0, 10)}`,
          value: `${(middle * 100).toFixed(1)}% · p95 ${(most * 100).toFixed(1)}%`,
          from: 0,
          to: middle / REACH,
          color: "mine",
          span: [middle / REACH, most / REACH],
          mark: BAND / REACH,
        }),
      );
    }
  },
};
