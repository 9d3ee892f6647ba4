import type uPlot from "uplot";
import { settingOf } from "../../../history/recording.ts";
import { Histogram } from "../../../stats/histogram.ts";
import { color, el, heading, nothingYet } from "../elements.ts";
import { axis, logAxis, plot } from "../plot.ts";
import { otherwise, whereOf } from "../settings.ts";
import { nsText } from "../units.ts";
import type { View } from "../view.ts";

const TITLE = "Latency";
const COLORS = ["faint", "mine", "third", "fourth", "limit", "good", "unsure"];
/** How many nines: p0 to p99.999. */
const NINES = Array.from({ length: 51 }, (_, i) => i / 10);

export const latency: View = {
  id: "latency",
  title: "Latency",
  draw(place, { recording }) {
    const rows = recording?.rows.filter(row => row.latencies !== undefined) ?? [];
    if (recording === undefined || rows.length === 0) {
      place.append(...nothingYet(TITLE, "bun perf"));
      return;
    }
    const metric = "How long single calls take, up to which share of them; the clock's own cost, shown too, is in each";
    const benches = rows.map(({ bench }) => bench);
    const setting = settingOf(recording, benches[0]!);
    place.append(...heading(TITLE, metric, "down is better", whereOf(setting), setting.at));
    place.append(...otherwise(recording, benches, setting));
    const chart = el("div");
    const distributions = rows.map(({ what, latencies }) => ({
      name: what.replace("latency: ", ""),
      latencies: Histogram.from(latencies!),
    }));
    const series = distributions.map(({ latencies }) => NINES.map(nines => latencies.quantile(1 - 10 ** -nines)));
    place.append(chart, tableOf(distributions));
    plot(chart, optionsOf(distributions.map(({ name }) => name)), [NINES, ...series] as uPlot.AlignedData);
  },
};

function tableOf(distributions: { name: string; latencies: Histogram }[]): HTMLElement {
  const line = (tag: string, cells: string[]) => el("tr", {}, ...cells.map(cell => el(tag, {}, cell)));
  const rows = distributions.map(({ name, latencies }) =>
    line("td", [name, ...[0.5, 0.99, 0.999].map(q => nsText(latencies.quantile(q))), nsText(latencies.max)]),
  );
  return el("div", { class: "scroll" }, el("table", {}, line("th", ["", "p50", "p99", "p99.9", "max"]), ...rows));
}

function shareOf(nines: number): string {
  return `p${Number((100 * (1 - 10 ** -nines)).toPrecision(6))}`;
}

function optionsOf(names: string[]): Omit<uPlot.Options, "width" | "height"> {
  return {
    scales: { x: { time: false }, y: { distr: 3, log: 10 } },
    axes: [
      axis("share of the calls", { values: (_, ticks) => ticks.map(tick => (tick % 1 === 0 ? shareOf(tick) : "")) }),
      logAxis(10, "time", { size: 70, values: (_, ticks) => ticks.map(tick => (tick === null ? "" : nsText(tick))) }),
    ],
    series: [
      { label: "share", value: (_, at) => (at == null ? "" : shareOf(at)) },
      ...names.map((label, i) => ({
        label,
        stroke: color(COLORS[i % COLORS.length]!),
        width: 2,
        points: { show: false },
        value: (_: uPlot, ns: number | null) => (ns === null ? "" : nsText(ns)),
      })),
    ],
  };
}
