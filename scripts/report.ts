/** What came of one step of `verify`: a step without tests of its own counts as one. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped?: number;
  /** Shown when the step failed. */
  output?: string;
}

interface Row {
  name: string;
  seconds: number;
  outcome: Outcome;
}

/** Runs steps one after the other, says how each went, and adds them up. */
export class Report {
  readonly #rows: Row[] = [];

  async step(name: string, work: () => Promise<Outcome>): Promise<boolean> {
    console.log(`\n▸ ${name}`);
    const start = performance.now();
    const outcome = await work().catch(error => ({ passed: 0, failed: 1, output: String(error?.message ?? error) }));
    const row = { name, seconds: (performance.now() - start) / 1000, outcome };
    this.#rows.push(row);
    if (outcome.failed > 0 && outcome.output) console.log(outcome.output.trimEnd());
    console.log(`  ${tally(outcome)}, ${row.seconds.toFixed(1)} s`);
    return outcome.failed === 0;
  }

  /** The table of all steps and the last line; gives the exit code. */
  finish(): number {
    const width = Math.max(...this.#rows.map(row => row.name.length));
    console.log();
    for (const { name, seconds, outcome } of this.#rows) {
      console.log(`${name.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${tally(outcome)}`);
    }
    const passed = this.#rows.reduce((sum, row) => sum + row.outcome.passed, 0);
    const failed = this.#rows.reduce((sum, row) => sum + row.outcome.failed, 0);
    console.log(`\n${passed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  }
}

/** `3 passed, 1 FAILED`. */
export function tally({ passed, failed, skipped = 0 }: Outcome): string {
  const parts = [`${passed} passed`];
  if (failed > 0) parts.push(`${failed} FAILED`);
  if (skipped > 0) parts.push(`${skipped} not run`);
  return parts.join(", ");
}
