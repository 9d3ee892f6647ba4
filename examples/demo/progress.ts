/** What the demo is doing: one changing line on a terminal, a line a step elsewhere. On stderr: stdout has the table alone. */
export class Progress {
  #live = process.stderr.isTTY;
  #step = "";
  #started = 0;

  /** Starts a step. */
  step(name: string): void {
    this.done();
    this.#step = name;
    this.#started = performance.now();
    this.update();
  }

  /** Says how far the step is, from 0 to 1. */
  update(share?: number): void {
    if (!this.#live) return;
    const bar = share === undefined ? "…" : ` ${drawBar(share, 20)} ${Math.round(share * 100)}%`;
    this.#rewrite(`  ${this.#step}${bar}`);
  }

  /** Ends the step. */
  done(): void {
    if (!this.#step) return;
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1);
    if (this.#live) this.#rewrite("");
    else process.stderr.write(`${this.#step}: ${seconds} s\n`);
    this.#step = "";
  }

  /** Ends it without having done it. */
  abandon(): void {
    if (this.#live && this.#step) this.#rewrite("");
    this.#step = "";
  }

  /** Says something that stays. */
  note(text: string): void {
    if (this.#live) this.#rewrite("");
    process.stderr.write(`${text}\n`);
    if (this.#step) this.update();
  }

  #rewrite(line: string): void {
    process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
  }
}

/** A bar of `width` cells, filled to an eighth of a cell. */
export function drawBar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const part = " ▏▎▍▌▋▊▉"[eighths % 8]!;
  return ("█".repeat(Math.floor(eighths / 8)) + part).slice(0, width).padEnd(width);
}
