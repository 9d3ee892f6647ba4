import uPlot from "uplot";
import { color } from "./elements.ts";

const HEIGHT = 360;

/** A chart as wide as its place, which stays so when that changes. */
export function plot(
  place: HTMLElement,
  options: Omit<uPlot.Options, "width" | "height">,
  data: uPlot.AlignedData,
): uPlot {
  const width = () => Math.max(260, place.clientWidth);
  const chart = new uPlot({ ...options, width: width(), height: HEIGHT }, data, place);
  new ResizeObserver(() => chart.setSize({ width: width(), height: HEIGHT })).observe(place);
  return chart;
}

/** A logarithmic axis in the theme's colours: lines at the powers alone, for those between would fill the chart. */
export function logAxis(base: number, label: string, more: uPlot.Axis = {}): uPlot.Axis {
  const powers = (_: uPlot, splits: number[]) =>
    splits.map(split =>
      Math.abs(Math.log(split) / Math.log(base) - Math.round(Math.log(split) / Math.log(base))) < 1e-6 ? split : null,
    );
  const plain = axis(label, more);
  return {
    ...plain,
    filter: powers,
    grid: { ...plain.grid, filter: powers },
    ticks: { ...plain.ticks, filter: powers },
  };
}

/** An axis in the theme's colours. */
export function axis(label: string, more: uPlot.Axis = {}): uPlot.Axis {
  const grid = { stroke: color("line"), width: 1 };
  return { label, stroke: color("faint"), grid, ticks: grid, ...more };
}
