/**
 * Ctrl-C once: what is under way is broken off, and what is done is kept and shown. Again, or another signal: the process ends, after
 * what has to be cleaned up.
 */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #cleanUps: (() => void)[] = [];
  readonly #onExit = () => {
    for (const work of this.#cleanUps) work();
  };
  readonly #onInt = () => {
    if (this.#controller.signal.aborted) process.exit(130);
    process.stderr.write("\nstopping; what is done is kept (Ctrl-C again ends at once)\n");
    this.#controller.abort();
    // Whatever the command makes of what is done, it was not all.
    process.once("exit", () => {
      process.exitCode = 130;
    });
  };
  readonly #onTerm = () => process.exit(143);

  constructor() {
    process.on("SIGINT", this.#onInt).on("exit", this.#onExit);
    process.on("SIGTERM", this.#onTerm).on("SIGHUP", this.#onTerm);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What is done before the process ends otherwise than by disposing of this. */
  cleanUp(work: () => void): void {
    this.#cleanUps.push(work);
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#onInt).off("exit", this.#onExit);
    process.off("SIGTERM", this.#onTerm).off("SIGHUP", this.#onTerm);
  }
}
