import type { Socket } from "bun";
import { type PlasmidError, SystemError } from "../errors.ts";
import { Event } from "../native/code.ts";
import type { Segment } from "../native/segment.ts";
import type { Collector } from "./collector.ts";
import type { Strays } from "./strays.ts";

/** What the store does when its loop is woken. */
export interface Wakeful {
  /** Something that is awaited may have come. */
  look(): void;
  /** The store was destroyed. */
  destroyed(): void;
  /** Nothing can be awaited any more. */
  failed(error: PlasmidError): void;
}

/**
 * The core's bell in this thread's event loop. It is open from the start, for other processes may ask this
 * one for a garbage collection while it idles; it keeps the process alive only while something is awaited.
 */
export class Loop {
  readonly #segment: Segment;
  readonly #wakeful: Wakeful;
  readonly #strays: Strays;
  readonly #collector: Collector;
  #socket: Socket | undefined;
  #holds = 0;
  #listeners = 0;
  #closed = false;
  #error: PlasmidError | undefined;

  constructor(segment: Segment, wakeful: Wakeful, strays: Strays, collector: Collector) {
    this.#segment = segment;
    this.#wakeful = wakeful;
    this.#strays = strays;
    this.#collector = collector;
    const fd = segment.must(segment.core.plasmid_wake_fd(segment.at));
    const opening = Bun.connect({
      fd,
      socket: {
        open: (socket: Socket) => this.#opened(socket),
        data: () => this.wake(),
        close: () => this.#gone(),
        error: (_: Socket, error: Error) => this.#gone(error),
      },
    } as unknown as Bun.TCPSocketConnectOptions);
    opening.catch(error => this.#gone(error));
  }

  /**
   * Keeps the process alive until as many `release` have followed.
   *
   * @throws SystemError if the bell does not ring here.
   */
  hold(): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#holds++ === 0) this.#socket?.ref();
  }

  release(): void {
    if (--this.#holds !== 0) return;
    this.#socket?.unref();
    this.rest();
  }

  /** As `hold`, but the process may end: somebody wants to be woken as long as it lives. */
  listen(): void {
    if (this.#error !== undefined) throw this.#error;
    this.#listeners++;
  }

  unlisten(): void {
    this.#listeners--;
    this.rest();
  }

  /** The core need not look for us, unless something is awaited. */
  rest(): void {
    if (this.#holds === 0 && this.#listeners === 0) this.#segment.core.plasmid_unwatch(this.#segment.at);
  }

  /** Looks what happened, as if woken. */
  wake(): void {
    const { core, at } = this.#segment;
    const events = core.plasmid_events(at);
    if ((events & Event.COLLECT) !== 0) this.#collector.answer();
    if ((events & Event.STRAY) !== 0) this.#strays.tellAll();
    if ((events & Event.DESTROYED) !== 0) this.#wakeful.destroyed();
    if ((events & Event.WAKE) !== 0) this.#wakeful.look();
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#closed = true;
    socket?.terminate();
  }

  #opened(socket: Socket): void {
    if (this.#closed) {
      socket.terminate();
      return;
    }
    this.#socket = socket;
    if (this.#holds === 0) socket.unref();
  }

  // Nobody would ever wake who waits: they are told, now and later.
  #gone(cause?: unknown): void {
    this.#socket = undefined;
    if (this.#closed || this.#error !== undefined) return;
    const context = { store: this.#segment.name, cause };
    this.#error = new SystemError(
      "the socket that wakes this thread's event loop is gone",
      context,
      "open the store anew",
    );
    this.#wakeful.failed(this.#error);
  }
}
