import { InvalidArgumentError, TimedOutError } from "../errors.ts";
import { Code } from "../native/code.ts";
import type { Segment } from "../native/segment.ts";
import type { Collector } from "./collector.ts";
import { Ladder } from "./ladder.ts";
import { ABSENT, ON_DISK, type Reader } from "./reader.ts";
import type { Readiness } from "./readiness.ts";
import { Restore } from "./restore.ts";
import { type Target, targetText } from "./target.ts";
import { checkSignal, timeoutOf, type Waiting, type WaitOptions } from "./waiting.ts";

const SYNC_TIMEOUT_MS = 60_000;

/** Reads that wait: on the event loop, or by blocking. */
export class Getting {
  readonly #segment: Segment;
  readonly #reader: Reader;
  readonly #readiness: Readiness;
  readonly #waiting: Waiting;
  readonly #collector: Collector;
  #looksAgain = false;
  /** How many waiting gets got what they waited for. */
  #given = 0;

  constructor(segment: Segment, reader: Reader, readiness: Readiness, waiting: Waiting, collector: Collector) {
    this.#segment = segment;
    this.#reader = reader;
    this.#readiness = readiness;
    this.#waiting = waiting;
    this.#collector = collector;
  }

  /** The value of a target that was absent, or on disk, a moment ago. */
  async later(target: Target, options: WaitOptions | undefined): Promise<unknown> {
    const restore = new Restore(this.#segment);
    let value: unknown = ABSENT;
    const look = () => {
      value = this.#look(target, restore);
      return value !== ABSENT;
    };
    try {
      await this.#waiting.until(look, options, () => this.#late(target));
    } finally {
      restore.end();
    }
    return value;
  }

  /** The values of a list; those that are there in as few crossings as it takes. */
  async many(targets: readonly Target[], options: WaitOptions | undefined): Promise<unknown[]> {
    const values = this.#reader.readMany(targets, true);
    let missing = [...values.keys()]
      .filter(i => values[i] === ABSENT || values[i] === ON_DISK)
      .map(i => ({ i, restore: new Restore(this.#segment) }));
    if (missing.length === 0) return values;
    const look = () => {
      missing = missing.filter(({ i, restore }) => {
        values[i] = this.#look(targets[i]!, restore);
        if (values[i] !== ABSENT) restore.end();
        return values[i] === ABSENT;
      });
      return missing.length === 0;
    };
    try {
      await this.#waiting.until(look, options, () => this.#late(targets[missing[0]!.i]!));
    } finally {
      for (const { restore } of missing) restore.end();
    }
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
      throw new InvalidArgumentError(`count is ${count} of ${targets.length} targets`, { store: this.#segment.name });
    }
    const timeoutMs = timeoutOf(options);
    checkSignal(options, this.#segment.name);
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
  #look(target: Target, restore: Restore): unknown {
    // First: why it could not be read is known there alone.
    let value = restore.underWay ? this.#ended(target, restore, restore.look()) : ON_DISK;
    while (value === ON_DISK) {
      value = this.#reader.read(target, true);
      if (value === ON_DISK) value = this.#ended(target, restore, restore.begin(this.#reader.wanted));
      else if (value === ABSENT && this.#readiness.watch(target)) value = ON_DISK;
    }
    if (value !== ABSENT) this.#given++;
    return value;
  }

  // ABSENT while the disk is read, ON_DISK if it is to be looked for again, or the value. What is gone meanwhile is told by that look.
  #ended(target: Target, restore: Restore, code: number | undefined): unknown {
    if (code === undefined) return ABSENT;
    if (Ladder.takes(code) || code === Code.NO_VIEW) {
      // What others were given since may be let go of in the loop's next turn: nobody has had it in hand yet.
      if (restore.givenWhenFull !== this.#given) return this.#inNextTurn(restore);
      const value = this.#reader.makeRoom(target, restore.ref);
      return value === ABSENT ? ON_DISK : value;
    }
    if (code >= 0 || code === Code.FREED || code === Code.NOT_SEALED) return ON_DISK;
    throw this.#segment.failure(code, targetText(target), true);
  }

  #inNextTurn(restore: Restore): typeof ABSENT {
    restore.givenWhenFull = this.#given;
    if (!this.#looksAgain) setTimeout(() => this.#lookAgain(), 0);
    this.#looksAgain = true;
    return ABSENT;
  }

  #lookAgain(): void {
    this.#looksAgain = false;
    this.#waiting.look();
  }

  // Others may wait for what this thread's garbage keeps, and be who puts the target.
  #block(target: Target, value: unknown, deadline: number): unknown {
    let found = value;
    while (found === ABSENT) {
      if (performance.now() >= deadline) throw this.#late(target);
      this.#collector.answer();
      this.#readiness.block(target, Math.max(0, deadline - performance.now()));
      found = this.#reader.read(target);
    }
    return found;
  }

  #late(target: Target): TimedOutError {
    return new TimedOutError("the time given ran out", { store: this.#segment.name, object: targetText(target) });
  }
}
