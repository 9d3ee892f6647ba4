import { StoreFullError, TableFullError } from "../errors.ts";
import { Code } from "../native/code.ts";
import type { Segment } from "../native/segment.ts";
import { holdersOf } from "./holders.ts";
import { statsOf } from "./stats.ts";
import type { Waiting, WaitOptions } from "./waiting.ts";

/**
 * What is tried when an object does not fit. The core has already drained, grown and evicted by then. In this order:
 *
 * It is the same for a process that is over its quota: the core has dropped what it may by then.
 *
 *  1. this process's own garbage is collected and its leases and handles drained
 *  2. every process is asked for the same, and whatever is given back is awaited
 *  3. StoreFullError or TableFullError, which say who holds how much; NoSpaceError if it is the file system that is full
 */
export class Ladder {
  readonly #segment: Segment;
  readonly #waiting: Waiting;
  readonly #fullTimeoutMs: number;

  constructor(segment: Segment, waiting: Waiting, fullTimeoutMs: number) {
    this.#segment = segment;
    this.#waiting = waiting;
    this.#fullTimeoutMs = fullTimeoutMs;
  }

  /** True for the codes that the ladder is for. */
  static takes(code: number): boolean {
    return code === Code.STORE_FULL || code === Code.TABLE_FULL || code === Code.NO_SPACE;
  }

  /** Climbs until `attempt` returns no such code, blocking this thread at most `fullTimeoutMs`; returns what it returned. */
  climb(attempt: () => number, bytes: number): number {
    const { core, at } = this.#segment;
    let code = this.#collect(attempt, bytes);
    if (!Ladder.takes(code)) return code;
    const deadline = performance.now() + this.#fullTimeoutMs;
    core.plasmid_request_collection(at);
    for (;;) {
      const left = Math.ceil(deadline - performance.now());
      const waited = left <= 0 ? Code.TIMED_OUT : core.plasmid_wait_room(at, left);
      code = attempt();
      if (!Ladder.takes(code)) return code;
      if (waited < 0) throw this.#full(code, bytes);
    }
  }

  /** The same without blocking: awaits room for at most `timeoutMs`. */
  async climbAsync(attempt: () => number, bytes: number, options: WaitOptions): Promise<number> {
    const { core, at } = this.#segment;
    let code = this.#collect(attempt, bytes);
    if (!Ladder.takes(code)) return code;
    core.plasmid_request_collection(at);
    const look = () => {
      // Watch first: room given back between the two is then not missed.
      this.#segment.must(core.plasmid_watch_room(at));
      code = attempt();
      return !Ladder.takes(code);
    };
    const late = () => {
      code = attempt();
      return Ladder.takes(code) ? this.#full(code, bytes) : undefined;
    };
    await this.#waiting.until(look, options, late);
    return code;
  }

  #collect(attempt: () => number, bytes: number): number {
    const { core, at } = this.#segment;
    const { capacity, quota } = statsOf(this.#segment);
    // Larger than the whole store, or this process's share: nothing that anybody gives back could help.
    if (bytes > capacity || (quota > 0 && bytes > quota)) throw this.#full(Code.STORE_FULL, bytes);
    Bun.gc(true);
    this.#segment.must(core.plasmid_drain(at));
    return attempt();
  }

  #full(code: number, bytes: number): Error {
    if (code === Code.NO_SPACE) return this.#segment.failure(code);
    const { name } = this.#segment;
    const holders = holdersOf(this.#segment);
    if (code === Code.TABLE_FULL) {
      return new TableFullError("the store holds as many objects as its table has room for", { store: name }, holders);
    }
    const { largest, quota, charged } = statsOf(this.#segment);
    // Was it the heap, or the quota? The core's detail of the last attempt says.
    const what = quota > 0 ? String(this.#segment.core.plasmid_detail()) : "the object does not fit into the store";
    const share = quota > 0 ? { quota, charged } : undefined;
    return new StoreFullError(what, { store: name }, bytes, largest, holders, share);
  }
}
