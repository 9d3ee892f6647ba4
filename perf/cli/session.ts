import { Arena } from "../run/arena.ts";
import { Interrupt } from "./interrupt.ts";

/** What a command has once, however many parts it consists of: a folder for its stores, and one ear for Ctrl-C. */
export class Session implements Disposable {
  readonly arena = new Arena();
  readonly interrupt = new Interrupt();

  constructor() {
    this.interrupt.cleanUp(() => this.arena[Symbol.dispose]());
  }

  get signal(): AbortSignal {
    return this.interrupt.signal;
  }

  [Symbol.dispose](): void {
    this.interrupt[Symbol.dispose]();
    this.arena[Symbol.dispose]();
  }
}
