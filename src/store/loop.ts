import type { Socket } from "bun";
import { Event } from "../native/code.ts";
import type { Segment } from "../native/segment.ts";

/** What the store does when its loop is woken. */
export interface Wakeful {
  /** Something that is awaited may have come. */
  look(): void;
  /** The store was destroyed. */
  destroyed(): void;
}

/**
 * The core's bell in this thread's event loop. It is open from the start, for other processes may ask this
 * one for a garbage collection while it idles; it keeps the process alive only while something is awaited.
 */
export class Loop {
  readonly #segment: Segment;
  readonly #wakeful: Wakeful;
  #socket: Socket | undefined;
  #holds = 0;

  constructor(segment: Segment, wakeful: Wakeful) {
    this.#segment = segment;
    this.#wakeful = wakeful;
    const fd = segment.must(segment.core.plasmid_wake_fd(segment.at));
    const opening = Bun.connect({
      fd,
      socket: {
        open: (socket: Socket) => this.#opened(socket),
        data: () => this.wake(),
        close: () => this.#gone(),
        error: () => this.#gone(),
      },
    } as unknown as Bun.TCPSocketConnectOptions);
    opening.catch(() => this.#gone());
  }

  /** Keeps the process alive until as many `release` have followed. */
  hold(): void {
    if (this.#holds++ === 0) this.#socket?.ref();
  }

  release(): void {
    if (--this.#holds === 0) this.#socket?.unref();
  }

  /** Looks what happened, as if woken. */
  wake(): void {
    const { core, at } = this.#segment;
    const events = core.plasmid_events(at);
    if (events < 0) {
      this.#wakeful.look();
      return;
    }
    if ((events & Event.COLLECT) !== 0) {
      Bun.gc(true);
      core.plasmid_drain(at);
    }
    if ((events & Event.DESTROYED) !== 0) this.#wakeful.destroyed();
    if ((events & Event.WAKE) !== 0) this.#wakeful.look();
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
  }

  #opened(socket: Socket): void {
    this.#socket = socket;
    if (this.#holds === 0) socket.unref();
  }

  #gone(): void {
    this.#socket = undefined;
  }
}
