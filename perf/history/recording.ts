import type { Row } from "../run/row.ts";

/** A row, and the bench that handed it in. */
export interface RecordedRow extends Row {
  bench: string;
}

/** Where and on what something was measured. */
export interface Setting {
  /** ISO 8601. */
  at: string;
  revision: string;
  /** Whether the checkout had changes on top of the revision. */
  dirty: boolean;
  machine: string;
  bun: string;
  compiler: string;
  /** Of 1, 5 and 15 minutes, when it began. */
  load: number[];
}

/** A run of the suite. */
export interface Recording extends Setting {
  /** Whether it was a quick look. */
  quick: boolean;
  rows: RecordedRow[];
  /** Benches that ended badly. */
  failed: string[];
  /** Benches whose rows are of an earlier run, in another setting. */
  earlier?: string[];
  /** What these were measured in, by bench. */
  settings?: Record<string, Setting>;
  /** Benches that were to be run and have not ended well: of these there is what an earlier run has said, if anything. */
  partial?: string[];
  /** What stood beside Plasmid, by name: the versions that were installed. */
  versions?: Record<string, string>;
}

/** What the rows of a bench were measured in: the run, or the earlier one that they are of. */
export function settingOf(recording: Recording, bench: string): Setting {
  return recording.settings?.[bench] ?? recording;
}

/** The last run with all repetitions: what the README is made of. A quick look never takes its place. */
export const RECORDING = "run.json";

/** The last quick look. */
export const QUICK_LOOK = "quick.json";

/** Of a run and a quick look what is newer: what the dashboard shows. */
export function newer(run: Recording | undefined, look: Recording | undefined): Recording | undefined {
  return run === undefined || (look !== undefined && look.at > run.at) ? look : run;
}

/**
 * A run with the rows of a later one in place of its own for the benches that ended well in that, or that it has none of. Its setting is the
 * later one's; which rows are not of it, and what they were measured in, it says.
 */
export function joined(before: Recording | undefined, after: Recording): Recording {
  const { partial: broken = [] } = after;
  if (before === undefined) return after;
  const known = new Set(before.rows.map(row => row.bench));
  const fresh = after.rows.filter(({ bench }) => !(broken.includes(bench) && known.has(bench)));
  const again = new Set(fresh.map(row => row.bench));
  const rows = before.rows.filter(row => !again.has(row.bench));
  const earlier = [...new Set(rows.map(row => row.bench))];
  const settings = Object.fromEntries(earlier.map(bench => [bench, settingAlone(settingOf(before, bench))]));
  const left = (before.partial ?? []).filter(bench => !again.has(bench) && !broken.includes(bench));
  const { partial: _, ...setting } = after;
  const partial = [...left, ...broken];
  return { ...setting, rows: [...rows, ...fresh], earlier, settings, ...(partial.length > 0 && { partial }) };
}

function settingAlone({ at, revision, dirty, machine, bun, compiler, load }: Setting): Setting {
  return { at, revision, dirty, machine, bun, compiler, load };
}
