import { join } from "node:path";

const INDEX = join(import.meta.dir, "..", "..", "src", "index.ts");
const SEGMENT = join(import.meta.dir, "..", "..", "src", "native", "segment.ts");

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What the body of another process, or of a Worker, is given. */
export interface Io {
  /** The package. */
  plasmid: typeof import("../../src/index.ts");
  /** The core's own face, for what the package does not show. */
  Segment: typeof import("../../src/native/segment.ts").Segment;
  /** Sends a line to the test. */
  say(line: unknown): void;
  /** The next line that the test sends. */
  hear(): Promise<string>;
}

/** Runs in another process, or Worker: its text is taken, so it sees nothing of the test but its arguments. */
export type Body<A extends Json[]> = (io: Io, ...args: A) => unknown;

/** A Bun process that runs a body; ended when the test is over. */
export class Child {
  readonly #process: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncGenerator<string>;

  constructor(code: string) {
    this.#process = Bun.spawn([process.execPath, "-e", code], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    this.#lines = lines(this.#process.stdout);
    children.add(this);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Resolves with the exit code, or the signal's negative number. */
  get exited(): Promise<number> {
    return this.#process.exited.then(code => code);
  }

  /** The next line it says. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`process ${this.pid} ended before it said anything more`);
    return value;
  }

  /** The next line, as JSON. */
  async json<T>(): Promise<T> {
    return JSON.parse(await this.line()) as T;
  }

  send(line: string): void {
    this.#process.stdin.write(`${line}\n`);
    this.#process.stdin.flush();
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** Ends it, as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    children.delete(this);
  }
}

const children = new Set<Child>();

/** Kills what a test left. To be called in afterEach. */
export async function endProcesses(): Promise<void> {
  for (const child of [...children]) await child.kill();
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, never> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
    }
  }
  throw new Error("the process ended its output");
}

/** Starts a Bun process that runs the body. */
export function startProcess<A extends Json[]>(body: Body<A>, ...args: A): Child {
  return new Child(`
    const plasmid = await import(${JSON.stringify(INDEX)});
    const { Segment } = await import(${JSON.stringify(SEGMENT)});
    const heard = (async function* () { for await (const line of console) yield line; })();
    const say = line => { require("node:fs").writeSync(1, (typeof line === "string" ? line : JSON.stringify(line)) + "\\n"); };
    const hear = async () => (await heard.next()).value;
    await (${body})({ plasmid, Segment, say, hear }, ...${JSON.stringify(args)});
  `);
}

/** A Worker that runs a body; `say` posts to it, `hear` reads what is posted. */
export function startWorker<A extends Json[]>(body: Body<A>, ...args: A): WorkerChild {
  return new WorkerChild(`
    const heard = [], waiting = [];
    self.onmessage = ({ data }) => { const w = waiting.shift(); if (w) w(data); else heard.push(data); };
    const plasmid = await import(${JSON.stringify(INDEX)});
    const { Segment } = await import(${JSON.stringify(SEGMENT)});
    const say = (line, transfer) => postMessage(line, transfer ?? []);
    const hear = () => heard.length ? Promise.resolve(heard.shift()) : new Promise(done => waiting.push(done));
    await (${body})({ plasmid, Segment, say, hear }, ...${JSON.stringify(args)});
  `);
}

/** See `startWorker`. */
export class WorkerChild {
  readonly worker: Worker;
  readonly #said: unknown[] = [];
  readonly #waiting: { resolve: (message: unknown) => void; reject: (error: Error) => void }[] = [];

  constructor(code: string) {
    const url = URL.createObjectURL(new Blob([code], { type: "application/javascript" }));
    this.worker = new Worker(url);
    this.worker.onmessage = ({ data }) => {
      const first = this.#waiting.shift();
      if (first === undefined) this.#said.push(data);
      else first.resolve(data);
    };
    this.worker.onerror = event => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(event.message));
    };
  }

  next<T = unknown>(): Promise<T> {
    if (this.#said.length > 0) return Promise.resolve(this.#said.shift() as T);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: resolve as (message: unknown) => void, reject });
    });
  }

  send(message: unknown, transfer: Bun.Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  async end(): Promise<void> {
    const closed = new Promise(resolve => this.worker.addEventListener("close", resolve, { once: true }));
    this.worker.terminate();
    await closed;
  }
}
