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
}

/** The last run of the suite, and what the dashboard and the README are made of. */
export const RECORDING = "run.json";
