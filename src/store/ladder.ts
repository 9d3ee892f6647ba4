import { type StoreError, StoreFullError, TableFullError } from "../errors.ts";
import { Code } from "../native/code.ts";
import type { Segment } from "../native/segment.ts";
import type { Collector } from "./collector.ts";
import { holdersOf } from "./holders.ts";
import { statsOf } from "./stats.ts";
import type { Waiting, WaitOptions } from "./waiting.ts";

/** In a store that spills. */
const COLLECT_EVERY_MS = 1000;

/** While what is missing may come without anybody's telling. */
const LOOK_EVERY_MS = 100;

/**
 * What is tried when an object does not fit. The core has already drained, grown and evicted by then. In this order:
 *
 * An object that is larger than the store goes to disk: then it is the limit on disk use that others' garbage may keep it from.
 *
 * It is the same for a process that is over its quota: the core has dropped what it may by then.
 *
 *  1. this process's own garbage is collected and its leases and handles drained
 *  2. referenced objects that nobody leases are spilled, if the store spills
 *  3. every process is asked for the same, and whatever is given back is awaited
 *  4. StoreFullError or TableFullError, which say who holds how much; NoSpaceError if it is the file system that is full,
 *     SpillError if the disk fails
 *
 * A collection takes some milliseconds: in a store that spills, the first step comes after the second if it was taken just before.
 */
export class Ladder {
  readonly #segment: Segment;
  readonly #waiting: Waiting;
  readonly #collector: Collector;
  readonly #fullTimeoutMs: number;
  // Why the last pass moved nothing out, if it failed.
  #spillCode = 0;
  #spillFailure: StoreError | undefined;
  #looksAgain = false;

  constructor(segment: Segment, waiting: Waiting, collector: Collector, fullTimeoutMs: number) {
    this.#segment = segment;
    this.#waiting = waiting;
    this.#collector = collector;
    this.#fullTimeoutMs = fullTimeoutMs;
  }

  /** True for the codes that the ladder is for. */
  static takes(code: number): boolean {
    return code === Code.STORE_FULL || code === Code.TABLE_FULL || code === Code.NO_SPACE || code === Code.SPILL_LIMIT;
  }

  /**
   * Climbs until `attempt`, for so many bytes, returns no such code, blocking this thread for as long as it spills, and `fullTimeoutMs`
   * for others. Of several objects `largest` is the largest. Returns what it returned.
   */
  climb(attempt: () => number, bytes: number, largest = bytes): number {
    const { core, at } = this.#segment;
    const room = this.#room(bytes, largest);
    let code = this.#alone(attempt, room);
    if (!Ladder.takes(code)) return code;
    const deadline = performance.now() + this.#fullTimeoutMs;
    this.#collector.ask();
    for (;;) {
      // With no time left too: a wait that is in vain sweeps up after the dead.
      const left = Math.max(0, Math.ceil(deadline - performance.now()));
      const waited = core.plasmid_wait_room(at, Math.min(left, LOOK_EVERY_MS));
      code = this.#spill(attempt, attempt(), room);
      if (!Ladder.takes(code)) return code;
      if (waited < 0 && performance.now() >= deadline) throw this.#full(code, bytes);
    }
  }

  /** The same without blocking: awaits room for at most `timeoutMs`. */
  async climbAsync(attempt: () => number, bytes: number, options: WaitOptions): Promise<number> {
    const { core, at } = this.#segment;
    const room = this.#room(bytes, bytes);
    let code = this.#alone(attempt, room);
    if (!Ladder.takes(code)) return code;
    // This thread as well: what its frames show still, its next turn does not.
    core.plasmid_request_collection(at);
    const look = () => {
      // Watch first: room given back between the two is then not missed.
      this.#segment.must(core.plasmid_watch_room(at));
      code = this.#spill(attempt, attempt(), room);
      if (!Ladder.takes(code)) return true;
      if (this.#isUntold(code)) this.#lookAgain();
      return false;
    };
    const late = () => {
      core.plasmid_reap(at);
      code = attempt();
      return Ladder.takes(code) ? this.#full(code, bytes) : undefined;
    };
    await this.#waiting.until(look, options, late);
    return code;
  }

  /** The first step alone, and another attempt; `code`, of the last one, if it was taken just before and need not be taken `again`. */
  collect(attempt: () => number, code: number, again = false): number {
    const justBefore = performance.now() - this.#collector.at < COLLECT_EVERY_MS;
    return justBefore && !again ? code : this.#collector.retry(attempt);
  }

  // Is it the file system, or the disk, that has no room? Who makes some there need not be a process that has the store open.
  #isUntold(code: number): boolean {
    return code === Code.NO_SPACE || code === Code.SPILL_LIMIT || (code === Code.STORE_FULL && this.#spillCode < 0);
  }

  // One timer for all that wait. It keeps no process alive: they do.
  #lookAgain(): void {
    if (this.#looksAgain) return;
    this.#looksAgain = true;
    const look = () => {
      this.#looksAgain = false;
      this.#waiting.look();
    };
    setTimeout(look, LOOK_EVERY_MS).unref();
  }

  // What must be had of the heap; 0: as good as nothing, for it goes to disk.
  #room(bytes: number, largest: number): number {
    const { capacity, quota, spillFolders } = statsOf(this.#segment);
    if (spillFolders > 0 && largest > capacity) return 0;
    // Larger than the whole store, or this process's share: nothing that anybody gives back could help.
    if (bytes > capacity || (quota > 0 && bytes > quota)) throw this.#full(Code.STORE_FULL, bytes);
    return bytes;
  }

  // What this process can do without the others.
  #alone(attempt: () => number, room: number): number {
    if (performance.now() - this.#collector.at < COLLECT_EVERY_MS) {
      const code = this.#spill(attempt, room === 0 ? attempt() : Code.STORE_FULL, room);
      return Ladder.takes(code) ? this.#collector.retry(attempt) : code;
    }
    return this.#spill(attempt, this.#collector.retry(attempt), room);
  }

  // A pass at a time, as long as each moves something out. Gives back what the last attempt returned: `code` if there was none.
  #spill(attempt: () => number, code: number, room: number): number {
    const { core, at } = this.#segment;
    let last = code;
    while (last === Code.STORE_FULL) {
      const gone = core.plasmid_spill_out(at, room);
      this.#spillCode = gone;
      this.#spillFailure = gone < 0 ? this.#segment.failure(gone) : undefined;
      if (gone <= 0) return last;
      last = attempt();
    }
    return last;
  }

  #full(code: number, bytes: number): Error {
    const failed = code === Code.SPILL_LIMIT ? undefined : this.#spillFailure;
    if (failed !== undefined && this.#spillCode !== Code.SPILL_LIMIT) return failed;
    if (code === Code.NO_SPACE) return this.#segment.failure(code);
    const { name } = this.#segment;
    const holders = holdersOf(this.#segment);
    if (code === Code.TABLE_FULL) {
      return new TableFullError("the store holds as many objects as its table has room for", { store: name }, holders);
    }
    const { largest, quota, charged } = statsOf(this.#segment);
    // Was it the heap, the quota, or the disk? The core's detail of the last attempt says.
    const detailed = quota > 0 || code === Code.SPILL_LIMIT;
    const said = detailed ? String(this.#segment.core.plasmid_detail()) : "the object does not fit into the store";
    const what = failed === undefined ? said : `${said}, and nothing more can be spilled (${failed.message})`;
    const share = quota > 0 ? { quota, charged } : undefined;
    return new StoreFullError(what, { store: name }, bytes, largest, holders, share);
  }
}
