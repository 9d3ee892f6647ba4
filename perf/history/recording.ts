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
}

/** What the rows of a bench were measured in: the run, or the earlier one that they are of. */
export function settingOf(recording: Recording, bench: string): Setting {
  return recording.settings?.[bench] ?? recording;
}

/** The last run of the suite, and what the dashboard and the README are made of. */
export const RECORDING = "run.json";

/** A run with the rows of a later one in place of its own for the same benches. Its setting is the later one's; which rows are not of it, and what they were measured in, it says. */
export function joined(before: Recording | undefined, after: Recording): Recording {
  if (before === undefined) return after;
  const again = new Set(after.rows.map(row => row.bench));
  const rows = before.rows.filter(row => !again.has(row.bench));
  const earlier = [...new Set(rows.map(row => row.bench))];
  const settings = Object.fromEntries(earlier.map(bench => [bench, settingAlone(settingOf(before, bench))]));
  return { ...after, quick: after.quick || before.quick, rows: [...rows, ...after.rows], earlier, settings };
}

function settingAlone({ at, revision, dirty, machine, bun, compiler, load }: Setting): Setting {
  return { at, revision, dirty, machine, bun, compiler, load };
}
