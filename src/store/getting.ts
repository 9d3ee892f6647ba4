import { InvalidArgumentError, TimedOutError } from "../errors.ts";
import { ABSENT, type Reader } from "./reader.ts";
import type { Readiness } from "./readiness.ts";
import { type Target, targetText } from "./target.ts";
import { checkSignal, timeoutOf, type Waiting, type WaitOptions } from "./waiting.ts";

const SYNC_TIMEOUT_MS = 60_000;

/** Reads that wait: on the event loop, or by blocking. */
export class Getting {
  readonly #store: string;
  readonly #reader: Reader;
  readonly #readiness: Readiness;
  readonly #waiting: Waiting;

  constructor(store: string, reader: Reader, readiness: Readiness, waiting: Waiting) {
    this.#store = store;
    this.#reader = reader;
    this.#readiness = readiness;
    this.#waiting = waiting;
  }

  /** The value of a target that was absent a moment ago. */
  async later(target: Target, options: WaitOptions | undefined): Promise<unknown> {
    let value: unknown = ABSENT;
    const look = () => {
      value = this.#look(target);
      return value !== ABSENT;
    };
    await this.#waiting.until(look, options, () => this.#late(target));
    return value;
  }

  /** The values of a list; those that are there in as few crossings as it takes. */
  async many(targets: readonly Target[], options: WaitOptions | undefined): Promise<unknown[]> {
    const values = this.#reader.readMany(targets);
    let missing = [...values.keys()].filter(i => values[i] === ABSENT);
    if (missing.length === 0) return values;
    const look = () => {
      missing = missing.filter(i => {
        values[i] = this.#look(targets[i]!);
        return values[i] === ABSENT;
      });
      return missing.length === 0;
    };
    await this.#waiting.until(look, options, () => this.#late(targets[missing[0]!]!));
    return values;
  }

  /** Blocks until the target is there. */
  sync(target: Target, options: { timeoutMs?: number } | undefined): unknown {
    const deadline = performance.now() + timeoutOf(options, SYNC_TIMEOUT_MS);
    return this.#block(target, this.#reader.read(target), deadline);
  }

  /** Blocks until all of a list are there. */
  syncMany(targets: readonly Target[], options: { timeoutMs?: number } | undefined): unknown[] {
    const deadline = performance.now() + timeoutOf(options, SYNC_TIMEOUT_MS);
    return this.#reader.readMany(targets).map((value, i) => this.#block(targets[i]!, value, deadline));
  }

  /** See `Store.wait`. */
  async wait<R extends Target>(
    targets: readonly R[],
    options: (WaitOptions & { count?: number }) | undefined,
  ): Promise<{ ready: R[]; pending: R[] }> {
    const count = options?.count ?? targets.length;
    if (!Number.isInteger(count) || count < 0 || count > targets.length) {
      throw new InvalidArgumentError(`count is ${count} of ${targets.length} targets`, { store: this.#store });
    }
    const timeoutMs = timeoutOf(options);
    checkSignal(options?.signal, this.#store);
    const found = this.#readiness.split(targets);
    if (found.ready.length >= count || timeoutMs === 0) return found;
    let { pending } = found;
    const look = () => {
      pending = pending.filter(target => !this.#readiness.watch(target));
      return targets.length - pending.length >= count;
    };
    await this.#waiting.until(look, options, () => undefined);
    return this.#readiness.split(targets);
  }

  // Read first: woken, it is there as a rule. What was there to look at may be gone again by the time it is read: then it is watched anew.
  #look(target: Target): unknown {
    let value: unknown;
    do value = this.#reader.read(target);
    while (value === ABSENT && this.#readiness.watch(target));
    return value;
  }

  #block(target: Target, value: unknown, deadline: number): unknown {
    let found = value;
    while (found === ABSENT) {
      const left = deadline - performance.now();
      if (left <= 0) throw this.#late(target);
      this.#readiness.block(target, left);
      found = this.#reader.read(target);
    }
    return found;
  }

  #late(target: Target): TimedOutError {
    return new TimedOutError("the time given ran out", { store: this.#store, object: targetText(target) });
  }
}
