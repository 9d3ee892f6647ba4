/** Objects remembered a store; the oldest go first. */
const REMEMBERED = 65_536;
const SHOWN_FRAME = /^\s*at (.*)$/;

/** Where this thread made which object: the line of the program that called `put` or `allocate`. */
export class Sites {
  readonly #byRef = new Map<string, string>();

  /** Remembers that the caller of `called` made the object of this text. */
  made(ref: string, called: (...args: never[]) => unknown): void {
    this.madeAt(ref, callerOf(called));
  }

  /** Remembers where the object of this text was made. */
  madeAt(ref: string, site: string): void {
    if (this.#byRef.size >= REMEMBERED) this.#byRef.delete(this.#byRef.keys().next().value!);
    this.#byRef.set(ref, site);
  }

  /** Where the object of this text was made, if it was here and not too long ago. */
  of(ref: string): string | undefined {
    return this.#byRef.get(ref);
  }
}

/** The line of the program that called `called`, which is being called. */
export function callerOf(called: (...args: never[]) => unknown): string {
  const { stackTraceLimit } = Error;
  const trace: { stack?: string } = {};
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(trace, called);
  Error.stackTraceLimit = stackTraceLimit;
  const line = trace.stack?.split("\n").find(text => SHOWN_FRAME.test(text));
  return line === undefined ? "unknown" : SHOWN_FRAME.exec(line)![1]!;
}
