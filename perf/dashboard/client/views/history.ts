import type uPlot from "uplot";
import { anchorText, ENOUGH, type Trend } from "../../../history/trend.ts";
import { color, el, heading, nothingYet } from "../elements.ts";
import { axis, plot } from "../plot.ts";
import { nsText, shareText, three } from "../units.ts";
import type { View } from "../view.ts";

const TITLE = "History";

export const history: View = {
  id: "history",
  title: "History",
  draw(place, { trends }, parts) {
    const trend = shownOf(trends, parts);
    if (trend === undefined) {
      place.append(...nothingYet(TITLE, "bun perf record"));
      return;
    }
    const metric =
      "Time as a share of the anchor revision's, or the limit's, measured in the same session, with its 95% interval; the line at 1 is the anchor";
    const { machine, at } = trend.lines.at(-1)!;
    const where = `${machine}, against ${anchorText(trend.anchor)}`;
    place.append(...heading(`${TITLE}: ${trend.probe}`, metric, "down is better", where, at));
    place.append(probeChips(trends, trend), ...groupChips(trends, trend));
    const chart = el("div");
    const tip = el("p", { class: "tip", id: "tip" }, "Point at a measurement to see its commit.");
    place.append(chart, tip, shiftsOf(trend));
    const x = trend.lines.map((_, i) => i);
    plot(chart, optionsOf(trend, tip), [x, trend.lines.map(line => line.ratio)]);
  },
};

/** What the address asks for, the newest of it: `probe`, `probe/machine`, or `probe/machine/anchor`; the newest of all if there is none. */
function shownOf(trends: readonly Trend[], [probe, machine = "", anchor = ""]: readonly string[]): Trend | undefined {
  const newest = trends.toSorted((a, b) => b.lines.at(-1)!.at.localeCompare(a.lines.at(-1)!.at));
  const mine = newest.filter(trend => trend.probe === probe);
  const asked = mine.filter(trend => trend.machine === machine || machine === "");
  return asked.find(trend => trend.anchor.startsWith(anchor)) ?? mine[0] ?? newest[0];
}

function probeChips(trends: readonly Trend[], shown: Trend): HTMLElement {
  const names = [...new Set(trends.map(({ probe }) => probe))];
  return el("div", { class: "chips" }, ...names.map(name => chip([name], name, name === shown.probe)));
}

/** Where a probe was measured on several machines, or against several anchors. */
function groupChips(trends: readonly Trend[], shown: Trend): HTMLElement[] {
  const groups = trends.filter(({ probe }) => probe === shown.probe);
  if (groups.length < 2) return [];
  const chips = groups.map(group => {
    const anchor = anchorText(group.anchor);
    return chip([group.probe, group.machine, anchor], `${group.machine}, against ${anchor}`, group === shown);
  });
  return [el("div", { class: "chips" }, ...chips)];
}

function chip(parts: readonly string[], text: string, current: boolean): HTMLElement {
  const href = `#history/${parts.map(encodeURIComponent).join("/")}`;
  return el("a", { href, "aria-current": String(current) }, text);
}

function shiftsOf({ shifts, lines }: Trend): HTMLElement {
  if (lines.length < ENOUGH) {
    return el(
      "p",
      { class: "caption" },
      `Not enough lines yet: ${lines.length} of the ${ENOUGH} from which on change points can be found.`,
    );
  }
  if (shifts.length === 0) return el("p", { class: "caption" }, "No change point.");
  const items = shifts.map(({ revision, change, p, why }) =>
    el("li", {}, `${shareText(change)} at ${revision.slice(0, 10)}: ${why ?? `not explained yet (p ${three(p)})`}`),
  );
  return el("ul", {}, ...items);
}

function optionsOf(trend: Trend, tip: HTMLElement): Omit<uPlot.Options, "width" | "height"> {
  const { lines } = trend;
  const lowest = Math.min(1, ...lines.map(line => line.ratioLow));
  const highest = Math.max(1, ...lines.map(line => line.ratioHigh));
  const room = (highest - lowest) / 10 || 0.1;
  return {
    scales: {
      x: { time: false, range: [-0.5, lines.length - 0.5] },
      y: { range: [lowest - room, highest + room] },
    },
    // What it would say stands in the tip.
    legend: { show: false },
    axes: [
      axis("measurement", {
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500],
        values: (_, ticks) => ticks.map(tick => String(tick + 1)),
      }),
      axis("of the anchor's time", { size: 60 }),
    ],
    series: [{}, { label: "time", stroke: color("mine"), width: 2, points: { show: true, size: 7 } }],
    hooks: {
      drawAxes: [chart => drawAnchor(chart)],
      draw: [chart => drawIntervals(chart, trend), chart => drawShifts(chart, trend)],
      setCursor: [chart => tell(tip, trend, chart.cursor.idx)],
    },
  };
}

/** The time of the anchor. */
function drawAnchor(chart: uPlot): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.fillStyle = color("faint");
  ctx.fillRect(bbox.left, chart.valToPos(1, "y", true), bbox.width, devicePixelRatio);
  ctx.restore();
}

/** The interval of each measurement, upright. */
function drawIntervals(chart: uPlot, { lines }: Trend): void {
  const { ctx } = chart;
  const width = 2 * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = `${color("mine")}88`;
  for (const [at, { ratioLow, ratioHigh }] of lines.entries()) {
    const top = chart.valToPos(ratioHigh, "y", true);
    ctx.fillRect(chart.valToPos(at, "x", true) - width / 2, top, width, chart.valToPos(ratioLow, "y", true) - top);
  }
  ctx.restore();
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
  const { revision, dirty, ratio, ratioLow, ratioHigh, ns, pairs, compiler, bun, machine } = line;
  tip.textContent =
    `${revision.slice(0, 10)}${dirty ? " and changes" : ""}, ${line.at.slice(0, 10)}: ${three(ratio)} ` +
    `(${three(ratioLow)} to ${three(ratioHigh)}) of the anchor's time, ${nsText(ns)}, ${pairs} pairs; ${machine}, Bun ${bun}, ${compiler}`;
}
