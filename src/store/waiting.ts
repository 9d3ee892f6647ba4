import { AbortedError, InvalidArgumentError, type PlasmidError, TimedOutError } from "../errors.ts";
import type { Loop, Wakeful } from "./loop.ts";

/** How long, and until when, a call waits. */
export interface WaitOptions {
  /** Milliseconds; without bound by default. 0: don't wait. */
  timeoutMs?: number;
  /** Ends the wait with an AbortedError when aborted. */
  signal?: AbortSignal;
}

/**
 * The `timeoutMs` of options.
 *
 * @throws InvalidArgumentError if it is not a number of at least 0.
 */
export function timeoutOf(options: { timeoutMs?: number } | undefined, otherwise = Infinity): number {
  const timeoutMs = options?.timeoutMs ?? otherwise;
  if (typeof timeoutMs === "number" && timeoutMs >= 0) return timeoutMs;
  throw new InvalidArgumentError(`timeoutMs is ${timeoutMs}`, {}, "give milliseconds, 0 or more");
}

/**
 * The `signal` of options.
 *
 * @throws InvalidArgumentError if it is something else.
 */
export function signalOf(options: { signal?: AbortSignal } | undefined, store: string): AbortSignal | undefined {
  const signal = options?.signal ?? undefined;
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  const what = Bun.inspect(signal, { depth: 0 }).slice(0, 80);
  throw new InvalidArgumentError(`signal is ${what}`, { store }, "give an AbortSignal");
}

/** The same; throws also if it is aborted already. */
export function checkSignal(options: { signal?: AbortSignal } | undefined, store: string): AbortSignal | undefined {
  const signal = signalOf(options, store);
  if (signal?.aborted) throw aborted(signal, store);
  return signal;
}

function aborted(signal: AbortSignal, store: string): AbortedError {
  return new AbortedError("the wait was aborted by its signal", { store, cause: signal.reason });
}

// setTimeout's own bound; beyond it a timer would fire at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits for work of this process no longer than until `deadline` (of `performance.now()`), or the signal. The work itself goes on.
 *
 * @param what it is called in the error
 */
export function within<T>(
  work: Promise<T>,
  what: string,
  { signal }: WaitOptions,
  deadline: number,
  store: string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => finish(() => reject(aborted(signal!, store)));
    const onTimeout = () => finish(() => reject(new TimedOutError(`${what} takes longer than timeoutMs`, { store })));
    const leftMs = Math.max(0, deadline - performance.now());
    const timer = leftMs <= LONGEST_TIMER_MS ? setTimeout(onTimeout, leftMs) : undefined;
    const finish = (end: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      end();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    work.then(
      value => finish(() => resolve(value)),
      error => finish(() => reject(error)),
    );
  });
}

interface Pending {
  look(): boolean;
  finish(error?: unknown): void;
}

/** Somebody who is told of every wake, whether something is awaited or not, as long as somebody else keeps it. */
export interface Listener {
  woken(): void;
  /** The store was closed or destroyed; with an error, nobody will be woken any more. */
  over(error?: PlasmidError): void;
}

/** All that is awaited through one store. Every wait ends once: found, failed, timed out, aborted, or with the store. */
export class Waiting implements Wakeful {
  readonly #pending = new Set<Pending>();
  readonly #listeners = new Set<WeakRef<Listener>>();
  readonly #store: string;
  #loop!: Loop;
  readonly #ended: (closed: boolean) => PlasmidError;

  /** `ended` makes the error with which waits end when the store was closed (true) or destroyed. */
  constructor(store: string, ended: (closed: boolean) => PlasmidError) {
    this.#store = store;
    this.#ended = ended;
  }

  attach(loop: Loop): void {
    this.#loop = loop;
  }

  /** How many waits there are. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Resolves when `look` returns true; rejects with what it throws. It is called now and at each wake, and must leave itself
   * watched when it returns false. At the timeout `late` gives the error to reject with (thrown or returned), or undefined to resolve.
   */
  until(look: () => boolean, options: WaitOptions | undefined, late: () => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const timeoutMs = timeoutOf(options);
      const signal = checkSignal(options, this.#store);
      if (look()) {
        this.#loop.rest();
        resolve();
        return;
      }
      this.#loop.hold();
      let timer: Timer | undefined;
      const onAbort = () => pending.finish(aborted(signal!, this.#store));
      const pending: Pending = {
        look,
        finish: error => {
          if (!this.#pending.delete(pending)) return;
          if (timer !== undefined) clearTimeout(timer);
          signal?.removeEventListener("abort", onAbort);
          this.#loop.release();
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#pending.add(pending);
      signal?.addEventListener("abort", onAbort, { once: true });
      if (timeoutMs <= LONGEST_TIMER_MS) timer = setTimeout(() => pending.finish(outcome(late)), timeoutMs);
    });
  }

  /** Tells the listener, which is not kept, of every wake from now on. @throws SystemError if this thread can't be woken. */
  listen(listener: WeakRef<Listener>): void {
    this.#loop.listen();
    this.#listeners.add(listener);
  }

  /** No more; whoever awaits it looks again. */
  unlisten(listener: WeakRef<Listener>): void {
    if (!this.#listeners.delete(listener)) return;
    this.#loop.unlisten();
    this.look();
  }

  look(): void {
    for (const listener of [...this.#listeners]) listener.deref()?.woken();
    for (const pending of this.#pending) {
      try {
        if (pending.look()) pending.finish();
      } catch (error) {
        pending.finish(error);
      }
    }
  }

  /** The store is about to be closed: nobody listens any more. */
  silence(): void {
    for (const listener of [...this.#listeners]) listener.deref()?.over();
  }

  destroyed(): void {
    this.#end(false);
  }

  closed(): void {
    this.#end(true);
  }

  failed(error: PlasmidError): void {
    for (const listener of [...this.#listeners]) listener.deref()?.over(error);
    for (const pending of [...this.#pending]) pending.finish(error);
  }

  #end(closed: boolean): void {
    this.silence();
    for (const pending of [...this.#pending]) pending.finish(this.#ended(closed));
  }
}

// In a timer nobody would catch what is thrown, and the promise would never settle.
function outcome(late: () => unknown): unknown {
  try {
    return late();
  } catch (error) {
    return error;
  }
}
