import type uPlot from "uplot";
import { ENOUGH, type Trend } from "../../../history/trend.ts";
import { color, el, heading, nothingYet } from "../elements.ts";
import { axis, plot } from "../plot.ts";
import { nsText, shareText, three } from "../units.ts";
import type { View } from "../view.ts";

const TITLE = "History";

export const history: View = {
  id: "history",
  title: "History",
  draw(place, { trends }, part) {
    const trend = trends.find(({ probe }) => probe === part) ?? trends[0];
    if (trend === undefined) {
      place.append(...nothingYet(TITLE, "bun perf record"));
      return;
    }
    const metric = "Time as a share of the anchor revision's, measured in the same session, with its 95% interval";
    place.append(
      ...heading(`${TITLE}: ${trend.probe}`, metric, "down is better", trend.machine, trend.lines.at(-1)!.at),
    );
    place.append(chipsOf(trends, trend));
    const chart = el("div");
    const tip = el("p", { class: "tip", id: "tip" }, "Point at a measurement to see its commit.");
    place.append(chart, tip, shiftsOf(trend));
    const x = trend.lines.map((_, i) => i);
    const columns = [
      trend.lines.map(line => line.ratioLow),
      trend.lines.map(line => line.ratioHigh),
      trend.lines.map(line => line.ratio),
    ];
    plot(chart, optionsOf(trend, tip), [x, ...columns] as uPlot.AlignedData);
  },
};

function chipsOf(trends: Trend[], shown: Trend): HTMLElement {
  const names = [...new Set(trends.map(({ probe }) => probe))];
  const chip = (name: string) =>
    el("a", { href: `#history/${name}`, "aria-current": String(name === shown.probe) }, name);
  return el("div", { class: "chips" }, ...names.map(chip));
}

function shiftsOf({ shifts, lines }: Trend): HTMLElement {
  if (lines.length < ENOUGH) {
    return el(
      "p",
      { class: "caption" },
      `${lines.length} measurements: change points are looked for from ${ENOUGH} on.`,
    );
  }
  if (shifts.length === 0) return el("p", { class: "caption" }, "No change point.");
  const items = shifts.map(({ revision, change, p, why }) =>
    el("li", {}, `${shareText(change)} at ${revision.slice(0, 10)}: ${why ?? `not explained yet (p ${three(p)})`}`),
  );
  return el("ul", {}, ...items);
}

function optionsOf(trend: Trend, tip: HTMLElement): Omit<uPlot.Options, "width" | "height"> {
  const faint = { stroke: "transparent", points: { show: false } };
  return {
    scales: { x: { time: false } },
    axes: [
      axis("measurement", { values: (_, ticks) => ticks.map(tick => (tick % 1 === 0 ? String(tick + 1) : "")) }),
      axis("of the anchor's time", { size: 60 }),
    ],
    series: [
      { label: "measurement", value: (_, at) => (at == null ? "" : String(at + 1)) },
      { label: "from", ...faint },
      { label: "to", ...faint },
      { label: "time", stroke: color("mine"), width: 2, points: { show: true, size: 7 } },
    ],
    bands: [{ series: [2, 1], fill: `${color("mine")}33` }],
    hooks: {
      draw: [chart => drawShifts(chart, trend)],
      setCursor: [chart => tell(tip, trend, chart.cursor.idx)],
    },
  };
}

/** A line where the level shifts. */
function drawShifts(chart: uPlot, { shifts }: Trend): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.lineWidth = 2;
  for (const { at, why } of shifts) {
    ctx.strokeStyle = color(why === undefined ? "limit" : "faint");
    ctx.setLineDash([6, 4]);
    const x = chart.valToPos(at - 0.5, "x", true);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function tell(tip: HTMLElement, { lines }: Trend, at: number | null | undefined): void {
  const line = at == null ? undefined : lines[at];
  if (line === undefined) return;
  const { revision, dirty, ratio, ratioLow, ratioHigh, ns, pairs, compiler, bun } = line;
  tip.textContent =
    `${revision.slice(0, 10)}${dirty ? " and changes" : ""}, ${line.at.slice(0, 10)}: ${three(ratio)} ` +
    `(${three(ratioLow)} to ${three(ratioHigh)}) of the anchor's time, ${nsText(ns)}, ${pairs} pairs; Bun ${bun}, ${compiler}`;
}
