import { Code } from "../native/code.ts";
import type { Segment } from "../native/segment.ts";
import { refWords } from "../object/item.ts";
import type { ObjectRef } from "../object/ref.ts";
import type { Refs } from "./refs.ts";
import type { Target } from "./target.ts";

/** Whether there is something to look at: an object that is sealed, or will never be; a name that is bound. */
export class Readiness {
  readonly #segment: Segment;
  readonly #refs: Refs;

  constructor(segment: Segment, refs: Refs) {
    this.#segment = segment;
    this.#refs = refs;
  }

  /** True if so; else this store's loop is woken, once, when it may have changed. @throws if the store cannot be used. */
  watch(target: Target): boolean {
    const { core, at } = this.#segment;
    if (typeof target === "string") {
      return this.#segment.must(core.plasmid_watch_name(at, this.#refs.writeName(target))) === 0;
    }
    const { slot, a, b, c, d } = target;
    return this.#segment.must(core.plasmid_watch(at, slot, a, b, c, d)) === 0;
  }

  /** Blocks this thread until so, a collection is asked for, or for `timeoutMs`. @throws if the store cannot be used. */
  block(target: Target, timeoutMs: number): void {
    const { core, at } = this.#segment;
    const ms = Math.min(Math.ceil(timeoutMs), 2 ** 30);
    let code: number;
    if (typeof target === "string") {
      code = core.plasmid_block_name(at, this.#refs.writeName(target), ms);
    } else {
      this.#refs.bind(target);
      code = core.plasmid_block(at, target.slot, target.a, target.b, target.c, target.d, ms);
    }
    if (code !== Code.TIMED_OUT) this.#segment.must(code);
  }

  /** Splits targets into those of which it is true now and the others; the order is kept. Refs take one crossing. */
  split<T extends Target>(targets: readonly T[]): { ready: T[]; pending: T[] } {
    const states = this.#states(targets.filter((target): target is T & ObjectRef => typeof target !== "string"));
    const ready: T[] = [];
    const pending: T[] = [];
    let at = 0;
    for (const target of targets) {
      const isReady =
        typeof target === "string" ? this.#refs.lookUp(target) !== undefined : states[at++] !== Code.NOT_SEALED;
      (isReady ? ready : pending).push(target);
    }
    return { ready, pending };
  }

  #states(refs: readonly ObjectRef[]): Int32Array {
    const states = new Int32Array(refs.length);
    if (refs.length === 0) return states;
    for (const ref of refs) this.#refs.bindIfThere(ref);
    const { core, at } = this.#segment;
    this.#segment.must(core.plasmid_states(at, refWords(refs), refs.length, states));
    return states;
  }
}
