import { onExit } from "./cleanup.ts";

/** A Bun process of the demo's own, and the small messages it sends. It ends when this process does, however this one ends. */
export class Child {
  #process: Bun.Subprocess<"ignore", "inherit", "pipe">;
  #messages: unknown[] = [];
  #waiting: PromiseWithResolvers<unknown> | undefined;
  #failure: Promise<Error>;
  #released = false;

  constructor(
    readonly name: string,
    script: string,
    ...args: string[]
  ) {
    this.#process = Bun.spawn([process.execPath, `${import.meta.dir}/${script}`, ...args], {
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
    this.#failure = this.#watch();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The child's next message. Rejects when the child ends without sending one. */
  async next<T>(): Promise<T> {
    if (this.#messages.length > 0) return this.#messages.shift() as T;
    this.#waiting = Promise.withResolvers();
    const fail = this.#failure.then(error => Promise.reject(error));
    return (await Promise.race([this.#waiting.promise, fail])) as T;
  }

  send(message: unknown): void {
    this.#process.send(message);
  }

  /** Lets the child end, and waits until it has. */
  async release(): Promise<void> {
    this.#released = true;
    this.#process.disconnect();
    const patience = setTimeout(() => this.#process.kill("SIGKILL"), 5000);
    await this.#process.exited;
    clearTimeout(patience);
  }

  /** What to say when the child has ended too early. */
  async #watch(): Promise<Error> {
    const [code, stderr] = await Promise.all([this.#process.exited, new Response(this.#process.stderr).text()]);
    if (this.#released) return new Error(`${this.name} was released`);
    const cause = this.#process.signalCode ?? `code ${code}`;
    return new Error(`${this.name} ended with ${cause}\n${stderr}`.trimEnd());
  }
}
