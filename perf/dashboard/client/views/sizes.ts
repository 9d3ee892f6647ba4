import type uPlot from "uplot";
import { type RecordedRow, settingOf } from "../../../history/recording.ts";
import { color, el, heading, nothingYet } from "../elements.ts";
import { axis, logAxis, plot } from "../plot.ts";
import { otherwise, whereOf } from "../settings.ts";
import { bytesText, three } from "../units.ts";
import type { View } from "../view.ts";

const TITLE = "Throughput by size";
const LINES = { put: "mine", get: "third", lease: "fourth", memcpy: "limit" } as const;
/** As the legend says it. */
const NAMES = { put: "put", get: "get, held", lease: "get, not held", memcpy: "memcpy" } as const;

export const sizes: View = {
  id: "sizes",
  title: "Sizes",
  draw(place, { recording }) {
    const rows = recording?.rows.filter(row => row.point !== undefined) ?? [];
    if (recording === undefined || rows.length === 0) {
      place.append(...nothingYet(TITLE, "bun perf"));
      return;
    }
    const metric =
      "GB a second that put copies into the store, that get makes readable, and that memcpy copies; both axes logarithmic";
    const benches = rows.map(({ bench }) => bench);
    const setting = settingOf(recording, benches[0]!);
    place.append(...heading(TITLE, metric, "up is better", whereOf(setting), setting.at));
    const chart = el("div");
    place.append(...otherwise(recording, benches, setting), chart);
    const names = Object.keys(LINES) as (keyof typeof LINES)[];
    const bytes = [...new Set(rows.map(row => row.point!.bytes))].sort((a, b) => a - b);
    const series = names.map(name => bytes.map(at => speedAt(rows, name, at)));
    plot(chart, optionsOf(names, bytes), [bytes, ...series] as uPlot.AlignedData);
  },
};

function speedAt(rows: RecordedRow[], line: string, bytes: number): number | null {
  return rows.find(({ point }) => point!.line === line && point!.bytes === bytes)?.measured.median ?? null;
}

function optionsOf(
  names: readonly (keyof typeof LINES)[],
  bytes: readonly number[],
): Omit<uPlot.Options, "width" | "height"> {
  return {
    scales: { x: { time: false, distr: 3, log: 2 }, y: { distr: 3, log: 10 } },
    axes: [
      axis("size of the object", {
        splits: chart => bytes.filter((_, i) => i % (chart.width < 600 ? 4 : 2) === 0),
        filter: (_, splits) => splits,
        values: (_, splits) => splits.map(bytesText),
      }),
      logAxis(10, "GB/s", { size: 70, values: (_, ticks) => ticks.map(tick => (tick === null ? "" : three(tick))) }),
    ],
    series: [
      { label: "size", value: (_, at) => (at == null ? "" : bytesText(at)) },
      ...names.map(name => ({
        label: NAMES[name],
        stroke: color(LINES[name]),
        width: 2,
        points: { show: true },
        value: (_: uPlot, speed: number | null) => (speed === null ? "" : `${three(speed)} GB/s`),
      })),
    ],
  };
}
