import { resolve } from "node:path";

export interface PartnerOptions {
  /** Whether it can be sent messages of Bun's IPC too. */
  ipc?: boolean;
  /** What starts the program, as `taskset -c 1`. */
  under?: readonly string[];
  /** Beside those of this process. */
  env?: Record<string, string>;
  /** How long an answer may take: 2 minutes by default. */
  timeoutMs?: number;
  /** When it aborts, the partner ends at once, whatever it does. */
  signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 120_000;

/**
 * Another process of a bench: a file of `benches/partners` by its name, or any program by its path. It is told and it answers in lines
 * of JSON. The harness ends it with the bench's group should the bench not.
 */
export class Partner implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncGenerator<unknown, void>;
  readonly #name: string;
  readonly #timeoutMs: number;

  constructor(name: string, args: readonly string[] = [], options: PartnerOptions = {}) {
    const { ipc = false, under = [], env = {}, timeoutMs = TIMEOUT_MS, signal } = options;
    const script = resolve(import.meta.dir, "../benches/partners", name.endsWith(".ts") ? name : `${name}.ts`);
    this.#name = name;
    this.#timeoutMs = timeoutMs;
    this.#child = Bun.spawn([...under, process.execPath, script, ...args], {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "inherit"],
      ...(ipc && { ipc: () => {} }),
      ...(signal && { signal, killSignal: "SIGKILL" }),
    });
    this.#lines = linesOf(this.#child.stdout);
  }

  /** Says something. */
  tell(message: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
    this.#child.stdin.flush();
  }

  /** Sends it a message of Bun's IPC. */
  send(message: unknown): void {
    this.#child.send(message);
  }

  /** Closes the channel of IPC. */
  disconnect(): void {
    this.#child.disconnect();
  }

  /** What it says next. @throws if it has ended, or says nothing for too long: then it is ended. */
  async hear<T>(): Promise<T> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), this.#timeoutMs);
    const { value, done } = await this.#lines.next();
    clearTimeout(timer);
    if (done) throw new Error(`${this.#name} ended with code ${await this.#child.exited} before it had answered`);
    return value as T;
  }

  /** Says something, and waits for the answer. */
  ask<T>(message: unknown): Promise<T> {
    this.tell(message);
    return this.hear<T>();
  }

  /** No more is to be told: it ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    await this.#child.exited;
  }
}

/** What this process is told by its bench, one thing after the other. */
export function told<T>(): AsyncGenerator<T, void> {
  return linesOf(Bun.stdin.stream()) as AsyncGenerator<T, void>;
}

/** Answers the bench. */
export function answer(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<unknown, void> {
  const utf8 = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + utf8.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}
