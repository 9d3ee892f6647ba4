const WIDTH = 24;

/** How far something is, in one line of the terminal; where there is no terminal, nothing. */
export class Progress {
  readonly #start = performance.now();
  readonly #shown = process.stderr.isTTY === true;

  /** `done` of `of` are over, and `what` is under way. */
  show(what: string, done: number, of: number): void {
    if (!this.#shown) return;
    const filled = of === 0 ? WIDTH : Math.round((WIDTH * done) / of);
    const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
    process.stderr.write(`\r\x1b[K${bar} ${done}/${of} ${this.#left(done, of)}${what}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown) process.stderr.write("\r\x1b[K");
  }

  #left(done: number, of: number): string {
    if (done === 0) return "";
    const seconds = ((performance.now() - this.#start) / 1000 / done) * (of - done);
    return seconds < 100 ? `${Math.ceil(seconds)} s left  ` : `${Math.ceil(seconds / 60)} min left  `;
  }
}
