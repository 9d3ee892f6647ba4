import type { RecordedRow, Recording } from "../../../history/recording.ts";
import { type Bar, bar } from "../bars.ts";
import { el, heading, legend, nothingYet } from "../elements.ts";
import { otherwise, whereOf } from "../settings.ts";
import { three } from "../units.ts";
import type { View } from "../view.ts";

const TITLE = "The suite against peers and limits";
/** The scale is logarithmic: from a 100th of the limit to 100 times it, the limit in the middle. */
const REACH = Math.log(100);

export const suite: View = {
  id: "suite",
  title: "Suite",
  draw(place, { recording }, [part]) {
    const rows = recording?.rows.filter(row => speedUp(row) !== undefined && row.point === undefined) ?? [];
    if (recording === undefined || rows.length === 0) {
      place.append(...nothingYet(TITLE, "bun perf"));
      return;
    }
    const metric =
      "How many times as good as the limit or the peer that was measured in the same run, on a log scale that ends at 100 times";
    const where = `${whereOf(recording)}${recording.quick ? ", a quick look" : ""}`;
    place.append(...heading(TITLE, metric, "right of the line is better", where, recording.at));
    place.append(legend({ "at least as good": "mine", "less good": "peer", "the limit or peer": "limit" }));
    const benches = groups(recording, rows);
    const chips = benches.map(([bench]) =>
      el("a", { href: `#suite/${bench}`, "aria-current": String(bench === part) }, bench),
    );
    place.append(el("div", { class: "chips" }, ...chips));
    for (const [bench, group] of benches) {
      const head = el("h3", {}, bench);
      place.append(head, ...otherwise(recording, [bench], recording));
      place.append(...group.map(row => bar(barOf(row))), ...missingIn(recording, bench));
      if (bench === part) head.scrollIntoView();
    }
  },
};

function groups(recording: Recording, rows: RecordedRow[]): [string, RecordedRow[]][] {
  const names = [...new Set(recording.rows.map(row => row.bench))];
  return names
    .map(name => [name, rows.filter(row => row.bench === name)] as [string, RecordedRow[]])
    .filter(([, group]) => group.length > 0);
}

/** The peers of a bench that could not be measured, and why. */
function missingIn({ rows }: Recording, bench: string): HTMLElement[] {
  const without = rows.filter(row => row.bench === bench && row.limit !== undefined && speedUp(row) === undefined);
  const names = [...new Set(without.map(({ limit }) => limit!.what))];
  return names.length === 0 ? [] : [el("p", { class: "caption" }, `Without a figure: ${names.join(", ")}.`)];
}

/** How many times as good it is as what it is held against, as the bench says, or by which way is better. */
function speedUp(row: RecordedRow): number | undefined {
  const { measured, limit, ratio: said } = row;
  if (limit === undefined || !(measured.median > 0) || !(limit.measured.median > 0)) return undefined;
  if (said !== undefined && said.median > 0) return said.median;
  const ratio = measured.median / limit.measured.median;
  return directionOf(row) === "more" ? ratio : 1 / ratio;
}

/** As the row says; else more of rates, less of times and bytes. */
function directionOf({ better, unit }: RecordedRow): "more" | "less" {
  return better ?? (unit.endsWith("/s") ? "more" : "less");
}

function barOf(row: RecordedRow): Bar {
  const times = speedUp(row)!;
  const at = 0.5 + Math.log(times) / REACH / 2;
  return {
    name: row.what,
    note: `${row.limit!.what}: ${`${three(row.limit!.measured.median)} ${row.unit}`.trim()}; ${directionOf(row)} is better`,
    value: `${three(row.measured.median)} ${row.unit} · ${three(times)}×`,
    from: 0.5,
    to: at,
    color: times >= 1 ? "mine" : "peer",
    mark: 0.5,
  };
}
