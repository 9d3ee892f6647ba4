/**
 * A file that one process holds alone, or several share, by flock(1): in a child that reads until this process ends, however it ends. Where
 * there is no flock nothing is held, as in the set-up.
 */
export class Lock implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "ignore"> | undefined;

  private constructor(child?: Bun.Subprocess<"pipe", "pipe", "ignore">) {
    this.#child = child;
  }

  /** Undefined if others hold it for so long, or the wait was broken off. */
  static async take(
    file: string,
    how: "exclusive" | "shared",
    waitS: number,
    signal?: AbortSignal,
  ): Promise<Lock | undefined> {
    if (Bun.which("flock") === null) return new Lock();
    const command = ["flock", `--${how}`, "--timeout", String(waitS), file, "sh", "-c", "echo held; exec cat"];
    // A group of its own: Ctrl-C is for this process.
    const child = Bun.spawn(command, { stdio: ["pipe", "pipe", "ignore"], detached: true });
    const end = () => child.kill("SIGKILL");
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
    const said = child.stdout.getReader();
    const { done } = await said.read();
    signal?.removeEventListener("abort", end);
    if (done) return undefined;
    // Nobody waits for it, nor for what it may say: it ends with this process.
    await said.cancel();
    child.stdin.unref();
    child.unref();
    return new Lock(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child === undefined) return;
    this.#child.ref();
    this.#child.stdin.end();
    await this.#child.exited;
  }
}
