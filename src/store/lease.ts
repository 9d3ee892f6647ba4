import { InvalidArgumentError } from "../errors.ts";
import type { Segment } from "../native/segment.ts";

/**
 * An object's value with views that end when the lease does: leave the block (`using`), or call `release`, and they are detached,
 * so that stale use fails instead of reading other bytes. The views are this lease's own; no other get shares them.
 */
export class Lease<T = unknown> implements Disposable {
  readonly #segment: Segment;
  #value: T | undefined;
  #buffers: readonly ArrayBuffer[] | null;

  /** @internal Made by `store.lease`. */
  constructor(segment: Segment, value: T, buffers: readonly ArrayBuffer[]) {
    this.#segment = segment;
    this.#value = value;
    this.#buffers = buffers;
  }

  /**
   * The value, until the lease ends.
   *
   * @throws InvalidArgumentError afterwards.
   */
  get value(): T {
    if (this.#buffers === null) {
      throw new InvalidArgumentError("the lease has ended", { store: this.#segment.name }, "take another");
    }
    return this.#value as T;
  }

  /** True once the lease has ended. */
  get released(): boolean {
    return this.#buffers === null;
  }

  /**
   * Ends the lease; again is no error. A view with input or output in flight can't be detached: it stays good, and keeps the
   * object, until it is collected.
   */
  release(): void {
    if (this.#buffers === null) return;
    let detached = 0;
    for (const buffer of this.#buffers) {
      if (buffer.detached) continue;
      // Giving up all bytes runs the deallocator in here; with a transfer in flight it copies nothing and detaches nothing.
      buffer.transfer(0);
      if (buffer.detached) detached++;
    }
    this.#buffers = null;
    this.#value = undefined;
    // What fails here, a later call or the helper makes good.
    if (detached > 0) this.#segment.core.plasmid_drain(this.#segment.at);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
