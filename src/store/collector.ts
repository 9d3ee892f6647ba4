import type { Segment } from "../native/segment.ts";

/**
 * Collects this thread's garbage, so that what it keeps of the store is given back. Other processes may ask for that when they need
 * room: the event loop hears of it; a thread that has no turn of its loop looks for itself, where it has time.
 */
export class Collector {
  readonly #segment: Segment;
  #at = -Infinity;

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
    Bun.gc(true);
    this.#at = performance.now();
    return core.plasmid_drain(at);
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
}
