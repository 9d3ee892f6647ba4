import { onExit } from "./cleanup.ts";

const failure = Promise.withResolvers<never>();
/** Rejects when a child ends before it was released. */
export const childFailed = failure.promise;

/** A Bun process of the demo's own, and the small messages it sends. It ends with this process, however this one ends. */
export class Child {
  #process: Bun.Subprocess<"ignore", "inherit", "pipe">;
  #messages: unknown[] = [];
  #waiting: PromiseWithResolvers<unknown> | undefined;
  #released = false;

  constructor(
    readonly name: string,
    script: string,
    directory: string,
    ...args: string[]
  ) {
    this.#process = Bun.spawn([process.execPath, `${import.meta.dir}/${script}`, directory, ...args], {
      stdio: ["ignore", "inherit", "pipe"],
      serialization: "advanced",
      // Out of the terminal's reach: Ctrl-C comes to this process alone, which ends its children in order.
      detached: true,
      ipc: message => {
        if (this.#waiting) this.#waiting.resolve(message);
        else this.#messages.push(message);
        this.#waiting = undefined;
      },
    });
    onExit(() => this.#process.kill("SIGKILL"));
    void this.#watch();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The child's next message. */
  async next<T>(): Promise<T> {
    if (this.#messages.length > 0) return this.#messages.shift() as T;
    this.#waiting = Promise.withResolvers();
    return (await this.#waiting.promise) as T;
  }

  send(message: unknown): void {
    this.#process.send(message);
  }

  /** Lets the child end, and waits until it has. */
  async release(): Promise<void> {
    this.#released = true;
    this.send("release");
    const patience = setTimeout(() => this.#process.kill("SIGKILL"), 5000);
    await this.#process.exited;
    clearTimeout(patience);
  }

  /** Speaks up when the child ends too early. */
  async #watch(): Promise<void> {
    const [code, stderr] = await Promise.all([this.#process.exited, new Response(this.#process.stderr).text()]);
    if (this.#released) return;
    const cause = this.#process.signalCode ?? `code ${code}`;
    failure.reject(new Error(`${this.name} ended with ${cause}\n${stderr}`.trimEnd()));
  }
}
