import { InvalidArgumentError, type PlasmidError } from "../errors.ts";
import { Code, EventKind } from "../native/code.ts";
import { EventRow } from "../native/layout.ts";
import type { Segment } from "../native/segment.ts";
import { eventOf, type StoreEvent } from "./events.ts";
import { type Listener, signalOf, type Waiting } from "./waiting.ts";

const ROWS = 64;
const BUFFER = 4096;
const LARGEST_BUFFER = 2 ** 24;

/** What a subscriber wants to be told. */
export interface SubscribeOptions {
  /** Ends the subscription when aborted. */
  signal?: AbortSignal;
  /** All kinds by default. Gaps are always told. */
  kinds?: readonly Exclude<StoreEvent["kind"], "gap" | "existing">[];
  /** First what exists: an event `existing` for each sealed object, so that none is missed or told twice. False by default. */
  existing?: boolean;
  /** Events kept for a subscriber that is slow, beside the 16,384 that the store keeps: 4,096 by default. */
  buffer?: number;
}

// Of those that nobody ended: what still names them here. In the core they have ended with their buffers.
const dropped = new FinalizationRegistry<() => void>(forget => forget());

/**
 * What happens in a store, as it happens: for `for await`. It begins when it is made, not at the first `next`. It ends with `return()`
 * (leaving the loop), its signal, or the store, closed or destroyed: then `next` gives what is left, and `done`. One that nobody has any
 * more, and no `next` of which is pending, ends with the next garbage collection.
 */
export class Subscription implements AsyncIterableIterator<StoreEvent>, AsyncDisposable, Listener {
  readonly #segment: Segment;
  readonly #waiting: Waiting;
  readonly #number: number;
  readonly #most: number;
  readonly #rows = new Uint8Array(ROWS * EventRow.size);
  readonly #words = new Uint32Array(this.#rows.buffer);
  /** When it is collected, with this, the subscription ends. */
  readonly #handle: ArrayBuffer;
  readonly #forget: () => void;
  #queue: StoreEvent[] = [];
  #at = 0;
  // The core has nothing more, and wakes this thread's loop when it has.
  #watched = false;
  #ended = false;
  #error: PlasmidError | undefined;

  /** @internal Made by `store.subscribe`. */
  constructor(segment: Segment, waiting: Waiting, options: SubscribeOptions) {
    this.#segment = segment;
    this.#waiting = waiting;
    this.#most = bufferOf(options);
    const signal = signalOf(options, segment.name);
    const kinds = kindsOf(options);
    const { core, at } = segment;
    this.#number = segment.must(core.plasmid_subscribe(at, kinds, options.existing ? 1 : 0));
    this.#handle = segment.handle(segment.must(core.plasmid_subscription_token(at, this.#number)));
    // Neither the store nor the signal keeps it.
    const self = new WeakRef(this);
    const onAbort = () => self.deref()?.over();
    this.#forget = () => {
      signal?.removeEventListener("abort", onAbort);
      waiting.unlisten(self);
    };
    dropped.register(this, this.#forget, this.#handle);
    waiting.listen(self);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) this.#end();
    else this.#fill();
  }

  /** The next event, when there is one. @throws (rejects) LockTimeoutError: ask again; SystemError: nothing wakes this thread. */
  async next(): Promise<IteratorResult<StoreEvent, undefined>> {
    while (this.#left === 0 && !this.#ended) {
      await this.#waiting.until(
        () => this.#look(),
        undefined,
        () => undefined,
      );
    }
    if (this.#left > 0) return { done: false, value: this.#take() };
    if (this.#error !== undefined) throw this.#error;
    return { done: true, value: undefined };
  }

  /** Ends the subscription; again is no error. What was not read yet is dropped. */
  async return(): Promise<IteratorResult<StoreEvent, undefined>> {
    this.#end();
    this.#queue = [];
    this.#at = 0;
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @internal This thread's loop was woken. */
  woken(): void {
    this.#watched = false;
    this.#fill();
  }

  /** @internal The signal, or the store closed or destroyed; or nobody will wake this thread any more. */
  over(error?: PlasmidError): void {
    this.#error = error;
    this.#end();
  }

  get #left(): number {
    return this.#queue.length - this.#at;
  }

  #look(): boolean {
    // A stopped process has the lock: whoever awaits the next event is told, and may ask again.
    if (this.#left === 0 && this.#fill() === Code.LOCK_TIMEOUT) throw this.#segment.failure(Code.LOCK_TIMEOUT);
    return this.#left > 0 || this.#ended;
  }

  #take(): StoreEvent {
    const event = this.#queue[this.#at++]!;
    if (this.#at === this.#queue.length || this.#at >= ROWS * 16) {
      this.#queue = this.#queue.slice(this.#at);
      this.#at = 0;
    }
    // What waits in the store may be overwritten there, as long as it waits.
    if (!this.#watched && this.#left <= this.#most / 2) this.#fill();
    return event;
  }

  // Takes what there is, as much as may be kept here. The code of the call that failed, or 0.
  #fill(): number {
    const { core, at } = this.#segment;
    while (!this.#ended && !this.#watched && this.#left < this.#most) {
      const count = core.plasmid_next_events(at, this.#number, this.#rows, Math.min(ROWS, this.#most - this.#left));
      if (count < 0) {
        if (count !== Code.LOCK_TIMEOUT) this.#end();
        return count;
      }
      this.#watched = count === 0;
      for (let i = 0; i < count; i++) this.#queue.push(eventOf(this.#rows, this.#words, i * EventRow.size));
    }
    return 0;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    dropped.unregister(this.#handle);
    this.#segment.core.plasmid_unsubscribe(this.#segment.at, this.#number);
    this.#forget();
  }
}

function bufferOf({ buffer = BUFFER }: SubscribeOptions): number {
  if (Number.isInteger(buffer) && buffer >= 1 && buffer <= LARGEST_BUFFER) return buffer;
  throw new InvalidArgumentError(`buffer is ${buffer}`, {}, `give a whole number from 1 to ${LARGEST_BUFFER}`);
}

function kindsOf({ kinds }: SubscribeOptions): number {
  const asked: readonly unknown[] = kinds ?? EventKind.slice(2);
  if (!Array.isArray(asked))
    throw new InvalidArgumentError(`kinds is ${Bun.inspect(kinds)}`, {}, "give a list of kinds");
  let bits = 0;
  for (const kind of asked) {
    const bit = EventKind.indexOf(kind);
    if (bit < 2) {
      const all = EventKind.slice(2).join(", ");
      throw new InvalidArgumentError(`there is no kind of event ${JSON.stringify(kind)}`, {}, `there are ${all}`);
    }
    bits |= 1 << bit;
  }
  return bits;
}
