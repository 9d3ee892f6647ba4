import { el } from "./elements.ts";

/** A bar on a scale from 0 to 1, and what lies over it. */
export interface Bar {
  name: string;
  note?: string;
  value: string;
  /** Colours by their names in the theme. */
  from: number;
  to: number;
  color: string;
  /** A line across, and its colour, the limit's if there is none. */
  mark?: number;
  markColor?: string;
  /** The interval of what the bar ends at. */
  span?: [number, number];
  /** What counts as no change. */
  band?: [number, number];
  valueClass?: string;
}

/** A line of the chart. */
export function bar(shown: Bar): HTMLElement {
  const { name, note, value, from, to, color, mark, markColor = "limit", span, band, valueClass = "" } = shown;
  const track = el("div", { class: "track" });
  const put = (kind: string, low: number, high: number, fill: string) => {
    const left = clamp(Math.min(low, high));
    const width = kind === "mark" ? "" : `width: ${(clamp(Math.max(low, high)) - left) * 100}%;`;
    track.append(el("div", { class: kind, style: `left: ${left * 100}%; ${width} background: var(--${fill})` }));
  };
  if (band !== undefined) put("band", ...band, "ink");
  put("fill", from, to, color);
  if (span !== undefined) put("span", ...span, "ink");
  if (mark !== undefined) put("mark", mark, mark, markColor);
  const label = el("div", { class: "name" }, name);
  if (note !== undefined) label.append(el("small", {}, note));
  return el("div", { class: "bar" }, label, track, el("div", { class: `value ${valueClass}` }, value));
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
