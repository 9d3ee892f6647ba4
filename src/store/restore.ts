import type { Segment } from "../native/segment.ts";
import type { ObjectRef } from "../object/ref.ts";

/** `plasmid_restore_look`: the order has not ended. */
const UNDER_WAY = 1;

/** One object that a thread of the core reads from disk, so that the loop need not wait for it. */
export class Restore {
  readonly #segment: Segment;
  #ref: ObjectRef | null = null;
  #order = 0;
  #ended = false;
  /** How many gets had been given something when there was no room for it; -1: there was, so far. */
  givenWhenFull = -1;

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  /** What is read. */
  get ref(): ObjectRef {
    return this.#ref!;
  }

  /** Has it begun, and not been seen to end? */
  get underWay(): boolean {
    return this.#order !== 0 && !this.#ended;
  }

  /** Begins; an earlier one ends. As `look`. */
  begin(ref: ObjectRef): number | undefined {
    this.end();
    this.#ref = ref;
    const { core, at } = this.#segment;
    const order = core.plasmid_restore_begin(at, ref.slot, ref.a, ref.b, ref.c, ref.d);
    if (order <= 0) return order === 0 ? undefined : order;
    this.#order = order;
    return this.look();
  }

  /**
   * Undefined while it is under way, or there are too many to begin: the store's loop is woken when that may have changed. Else how it
   * ended: 0, and the object stays where it is until `end`, or a code, whose detail the core has.
   */
  look(): number | undefined {
    const { core, at } = this.#segment;
    const code = core.plasmid_restore_look(at, this.#order);
    if (code === UNDER_WAY) return undefined;
    this.#ended = true;
    return code;
  }

  /** Nobody needs it any more. */
  end(): void {
    if (this.#order !== 0) this.#segment.core.plasmid_restore_end(this.#segment.at, this.#order);
    this.#order = 0;
    this.#ended = false;
  }
}
