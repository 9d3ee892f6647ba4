import { figure } from "../stats/figure.ts";
import type { RecordedRow, Recording, Setting } from "./recording.ts";

/** Between these the README's figures are written; what stands there is replaced. */
export const BEGIN = "<!-- figures: written by `bun perf --readme` -->";
export const END = "<!-- end of the figures -->";

/** Peers of the codec that have columns. */
const CODEC_PEERS = ["msgpackr", "bun:jsc", "JSON"];

/** Those whose versions are told: what the columns and the rows are about. */
const TOLD = ["msgpackr", "lmdb", "Redis"];

/** Benches without goals that are worth a row for what they are held against. */
const BESIDE = ["sizes", "names", "eviction", "peers"];

/** The README's part on figures: where and when, what has a goal or a peer, and the codec beside its peers. */
export function figuresOf(recording: Recording, versions: Record<string, string>): string {
  const { quick, rows, load, earlier = [], settings = {} } = recording;
  const dayOf = (bench: string) => settings[bench]?.at.slice(0, 10) ?? "";
  const nameOf = (bench: string) => `\`${bench}\`${earlier.includes(bench) ? ` \\* ${dayOf(bench)}`.trimEnd() : ""}`;
  const others = TOLD.flatMap(name => (versions[name] === undefined ? [] : [`${name} ${versions[name]}`]));
  return [
    `${settingText(recording)};`,
    `${others.length > 0 ? `${others.join(", ")}. ` : ""}Medians${quick ? " of a quick look" : ""}; the load was ${load[0]!.toFixed(1)} when it began.`,
    ...(earlier.length > 0 ? [`Rows with a \\* are of an earlier run${earlierText(Object.values(settings))}.`] : []),
    "",
    ...table(
      ["bench", "what", "measured", "beside", "goal", ""],
      rows.filter(isShown).map(row => cellsOf(row, nameOf)),
    ),
    "",
    `The codec, so many times as fast as ${CODEC_PEERS.join(", ")}, encoding and decoding ("-": that one can't, or is wrong):`,
    "",
    ...table(["bench", "data", "encode", "decode"], codecRows(rows, nameOf)),
  ].join("\n");
}

function settingText({ at, revision, dirty, machine, bun, compiler }: Setting): string {
  return `${at.slice(0, 10)}, ${revision.slice(0, 10)}${dirty ? " and changes" : ""}: ${machine}; Bun ${bun}, ${compiler}`;
}

/** Each of them once. */
function earlierText(settings: readonly Setting[]): string {
  return [...new Set(settings.map(setting => `; ${settingText(setting)}`))].join("");
}

/** A README with its figures in place of those that it had. @throws if it has no place for them. */
export function withFigures(readme: string, figures: string): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md has no "${BEGIN}" with "${END}" behind it`);
  return `${readme.slice(0, from + BEGIN.length)}\n\n${figures}\n\n${readme.slice(to)}`;
}

/** The benches that rows of a README's figures name. */
export function benchesNamed(readme: string): string[] {
  const part = readme.slice(readme.indexOf(BEGIN), readme.indexOf(END));
  return [...part.matchAll(/^\| `([^`]+)`(?: \\\*[^|]*)? \|/gm)].map(([, bench]) => bench!);
}

function isShown({ bench, goal, point, limit }: RecordedRow): boolean {
  if (bench.startsWith("codec:") || point !== undefined) return false;
  return goal !== undefined || (BESIDE.includes(bench) && Number.isFinite(limit?.measured.median));
}

function cellsOf(row: RecordedRow, nameOf: (bench: string) => string): string[] {
  const { bench, what, measured, limit, unit, goal = "", reached } = row;
  const value = (median: number) => `${figure(median)}${unit.startsWith("/") || unit === "" ? "" : " "}${unit}`;
  const beside = limit === undefined ? "" : `${limit.what}: ${value(limit.measured.median)}`;
  const verdict = reached === undefined ? "" : reached ? "reached" : "not reached";
  return [nameOf(bench), what.trim(), value(measured.median), beside, goal, verdict];
}

function codecRows(rows: readonly RecordedRow[], nameOf: (bench: string) => string): string[][] {
  const benches = [...new Set(rows.map(row => row.bench).filter(bench => bench.startsWith("codec:")))];
  return benches.map(bench => {
    const mine = rows.filter(row => row.bench === bench);
    const times = (way: string) =>
      CODEC_PEERS.map(peer => {
        const row = mine.find(({ what, limit }) => limit?.what === peer && what.endsWith(`, ${way}`));
        return row?.ratio === undefined ? "-" : figure(row.ratio.median);
      }).join(" / ");
    const about = mine[0]!.what.replace(/^\w+: /, "").replace(/, (encode|decode|both ways).*$/, "");
    return [nameOf(bench), about, times("encode"), times("decode")];
  });
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)];
}
