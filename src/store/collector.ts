import { edenGC } from "bun:jsc";
import type { Segment } from "../native/segment.ts";

/** One collection of so many is of everything, whatever the young ones give back: what outlived them is old. */
const TURNS = 16;

/**
 * Collects this thread's garbage, so that what it keeps of the store is given back. Other processes may ask for that when they need
 * room: the event loop hears of it; a thread that has no turn of its loop looks for itself, where it has time.
 */
export class Collector {
  readonly #segment: Segment;
  #at = -Infinity;
  #turn = 0;
  #youngHelps = true;

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  /** When it did so last, of `performance.now()`. */
  get at(): number {
    return this.#at;
  }

  /** Collects now, whoever asked. Returns the code of giving back: what fails there, a later call or the helper makes good. */
  collect(): number {
    const { core, at } = this.#segment;
    // First: who asks from here on may mean garbage that this misses.
    core.plasmid_collection_asked(at);
    return this.#collectBy(() => Bun.gc(true));
  }

  /**
   * Collects and attempts again. What a loop has put since the last time is young, and takes a fraction of the time; `Bun.gc` also throws
   * away code, which is then compiled anew. But only that lets go of what the running job has looked at through a WeakRef: where the
   * young were not enough, the next turns do without them.
   */
  retry(attempt: () => number): number {
    this.#turn = (this.#turn + 1) % TURNS;
    if (this.#turn === 0) {
      this.#youngHelps = true;
    } else if (this.#youngHelps) {
      this.#segment.must(this.#collectBy(edenGC));
      const code = attempt();
      if (code >= 0) return code;
      this.#youngHelps = false;
    }
    this.#segment.must(this.collect());
    return attempt();
  }

  /** Asks all others, right after a collection of this thread's own. */
  ask(): void {
    const { core, at } = this.#segment;
    core.plasmid_request_collection(at);
    core.plasmid_collection_asked(at);
  }

  /** Collects if another process, or thread, asks for it and was not answered yet. */
  answer(): void {
    if (this.#segment.core.plasmid_collection_asked(this.#segment.at) === 1) this.collect();
  }

  #collectBy(collect: () => void): number {
    const { core, at } = this.#segment;
    collect();
    this.#at = performance.now();
    return core.plasmid_drain(at);
  }
}
