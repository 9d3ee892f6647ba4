import { Code } from "../native/code.ts";
import type { Segment } from "../native/segment.ts";
import type { Frames, LeasedValue } from "../object/frames.ts";
import { type Held, HeldObjects } from "../object/held.ts";
import { refWords } from "../object/item.ts";
import { ObjectRef, type RefHome } from "../object/ref.ts";
import type { Collector } from "./collector.ts";
import { Ladder } from "./ladder.ts";
import type { Refs } from "./refs.ts";
import type { Strays } from "./strays.ts";
import { type Target, targetText } from "./target.ts";

/** How long one waits for a process that reads the same object back. */
const RESTORE_TIMEOUT_MS = 60_000;

/** So many bytes of copies may be this process's garbage before it is collected once more. */
const COPIED_MOST = 64 << 20;

/** Given for an object that is not there yet: not sealed, or a name that is not bound. No value is this symbol. */
export const ABSENT: unique symbol = Symbol("absent");

/** Given by `read` for an object that has to be read from disk first. No value is this symbol. */
export const ON_DISK: unique symbol = Symbol("on disk");

/**
 * Reads objects, without ever waiting for another process's work. One that was spilled is read back from disk first.
 *
 * A small one is copied out by the call that finds it. A large one, or one with refs in it, is leased: its buffers become
 * ArrayBuffers over the mapping. As long as somebody uses those, the next get decodes over them again. Where nothing can be shown in
 * place, for want of memory in the store or of place for a view, it is copied into memory of this process alone.
 */
export class Reader {
  readonly #segment: Segment;
  readonly #core: Segment["core"];
  readonly #at: Segment["at"];
  readonly #frames: Frames;
  readonly #refs: Refs;
  readonly #strays: Strays;
  readonly #home: RefHome;
  readonly #held = new HeldObjects();
  readonly #ladder: Ladder;
  readonly #collector: Collector;
  #wanted: ObjectRef | null = null;
  /** Bytes of copies made since the last collection. */
  #copied = 0;

  constructor(
    segment: Segment,
    frames: Frames,
    refs: Refs,
    strays: Strays,
    home: RefHome,
    ladder: Ladder,
    collector: Collector,
  ) {
    this.#segment = segment;
    this.#core = segment.core;
    this.#at = segment.at;
    this.#frames = frames;
    this.#refs = refs;
    this.#strays = strays;
    this.#home = home;
    this.#ladder = ladder;
    this.#collector = collector;
  }

  /**
   * The value, decoded anew, or ABSENT; if `atHand`, ON_DISK for what has to be read from there first: `wanted` is its ref then.
   *
   * @throws FreedError, ObjectLostError and whatever decoding throws.
   */
  read(target: Target, atHand = false): unknown {
    const frames = this.#frames;
    if (frames.busy) return frames.aside(() => this.read(target, atHand));
    if (typeof target === "string") {
      const code = this.#core.plasmid_peek_name(this.#at, this.#refs.writeName(target));
      return code >= 0 ? frames.peeked(code) : this.#readNameElse(code, target, atHand);
    }
    if (target?.home !== this.#home) this.#refs.bind(target);
    const code = this.#core.plasmid_peek(this.#at, target.slot, target.a, target.b, target.c, target.d);
    if (code >= 0) return frames.peeked(code);
    if (code === Code.LARGE && target.held !== null) {
      const value = frames.held(target.held, ABSENT);
      if (value !== ABSENT) return value;
    }
    return this.#readElse(code, target, atHand);
  }

  /** The object for which `read` gave ON_DISK last. */
  get wanted(): ObjectRef {
    return this.#wanted!;
  }

  /** As `read`, of what no thread of the core could read back or map, for want of room. Blocks while it spills others, or copies. */
  makeRoom(target: Target, ref: ObjectRef): unknown {
    if (this.#frames.busy) return this.#frames.aside(() => this.makeRoom(target, ref));
    return this.#readBack(target, ref);
  }

  // What peek did not copy out. Apart, so that the rest is small enough to be compiled into its callers.
  #readElse(code: number, target: ObjectRef, atHand: boolean): unknown {
    if (code === Code.SPILLED) return this.#readSpilled(target, target, atHand);
    if (code !== Code.LARGE) return this.#absent(code, target);
    const found = this.#readHeld(target);
    return found === ABSENT ? this.#readLeased(target, target, atHand) : found;
  }

  /** Reads a list in as few crossings as it takes; what is not there is ABSENT, with `atHand` also ON_DISK. */
  readMany(targets: readonly Target[], atHand = false): unknown[] {
    if (this.#frames.busy) return this.#frames.aside(() => this.readMany(targets, atHand));
    const values = new Array<unknown>(targets.length).fill(ABSENT);
    const places: number[] = [];
    const refs: ObjectRef[] = [];
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i]!;
      if (typeof target === "string") {
        values[i] = this.read(target, atHand);
      } else {
        refs.push(this.#refs.bind(target));
        places.push(i);
      }
    }
    this.#readRefs(refs, atHand, (i, value) => {
      values[places[i]!] = value;
    });
    return values;
  }

  /** The value over buffers of its own, with a lease for each that is read in place. @throws ObjectNotFoundError, NotSealedError, FreedError, ... */
  lease(target: Target): LeasedValue {
    if (this.#frames.busy) return this.#frames.aside(() => this.lease(target));
    this.#collector.answer();
    // A small object shares its pages with others: its buffers are copied, too.
    const bytes = this.#refs.call(target, this.#core.plasmid_peek);
    if (bytes >= 0) return this.#frames.peekedApart();
    const code = this.#leaseInPlace(target, this.#core.plasmid_lease);
    if (code === Code.SPILLED || code === Code.NO_VIEW) {
      const ref = typeof target === "string" ? this.#inExchange() : target;
      const inPlace = code === Code.SPILLED && this.#restore(target, ref);
      return (inPlace ? null : this.#leaseApart(target, ref)) ?? this.lease(target);
    }
    if (code < 0) throw this.#notLeased(code, target);
    return this.#frames.leased();
  }

  /** Forgets what was held. */
  clear(): void {
    this.#held.clear();
  }

  #readNameElse(code: number, name: string, atHand: boolean): unknown {
    if (code === Code.SPILLED) return this.#readSpilled(name, this.#inExchange(), atHand);
    if (code !== Code.LARGE) return this.#absent(code, name);
    const found = this.#readHeld(null);
    return found === ABSENT ? this.#readLeased(name, null, atHand) : found;
  }

  // The object whose ref stands in the exchange, if an earlier get's buffers still live.
  #readHeld(ref: ObjectRef | null): unknown {
    const held = this.#held.find(this.#segment.words);
    if (held === null) return ABSENT;
    if (ref !== null) ref.held = held;
    return this.#frames.held(held, ABSENT);
  }

  #readLeased(target: Target, ref: ObjectRef | null, atHand: boolean): unknown {
    this.#strays.tell();
    this.#collector.answer();
    const lease = atHand ? this.#core.plasmid_lease_at_hand : this.#core.plasmid_lease;
    const code = this.#leaseInPlace(target, lease);
    if (code === Code.NO_VIEW) {
      const apart = this.#leaseApart(target, ref ?? this.#inExchange());
      return apart === null ? this.read(target, atHand) : apart.value;
    }
    if (code === Code.SPILLED) return this.#readSpilled(target, ref ?? this.#inExchange(), atHand);
    if (code === Code.NOT_SEALED || code === Code.NOT_FOUND) return ABSENT;
    if (code < 0) throw this.#notLeased(code, target);
    const remember = (held: Held) => {
      this.#held.add(held);
      if (ref !== null) ref.held = held;
    };
    return this.#frames.leased(remember).value;
  }

  // Leases it where it stands. NO_VIEW: views that were written to take all the place there is, and are not garbage.
  #leaseInPlace(target: Target, lease: Segment["core"]["plasmid_lease"]): number {
    const attempt = () => this.#refs.call(target, lease);
    const code = attempt();
    return code === Code.NO_VIEW ? this.#collect(attempt, code) : code;
  }

  // The collector does not know how much a copy takes: after many of them its turn has come, however short ago the last was.
  #collect(attempt: () => number, code: number): number {
    const again = this.#copied >= COPIED_MOST;
    if (again) this.#copied = 0;
    return this.#ladder.collect(attempt, code, again);
  }

  #readRefs(refs: readonly ObjectRef[], atHand: boolean, give: (i: number, value: unknown) => void): void {
    const lengths = new Int32Array(refs.length);
    const shapes = new Uint32Array(refs.length * 2);
    const words = refWords(refs);
    for (let from = 0; from < refs.length; ) {
      const left = refs.length - from;
      const done = this.#segment.must(
        this.#core.plasmid_peek_many(
          this.#at,
          words.subarray(from * 5),
          left,
          lengths.subarray(from),
          shapes.subarray(from * 2),
        ),
      );
      // First all that was copied: reading any other way uses the exchange again.
      let at = 0;
      for (let i = from; i < from + done; i++) {
        const length = lengths[i]!;
        if (length < 0) continue;
        give(i, this.#frames.copied(at, shapes[2 * i]!, shapes[2 * i + 1]!));
        at = (at + length + 7) & ~7;
      }
      for (let i = from; i < from + done; i++) {
        if (lengths[i]! < 0) give(i, this.read(refs[i]!, atHand));
      }
      from += done;
    }
  }

  // The object whose ref the last call left.
  #inExchange(): ObjectRef {
    const { words } = this.#segment;
    return new ObjectRef(words[0]!, words[1]!, words[2]!, words[3]!, words[4]!, null, null);
  }

  #readSpilled(target: Target, ref: ObjectRef, atHand: boolean): unknown {
    if (atHand) {
      this.#wanted = ref;
      return ON_DISK;
    }
    return this.#readBack(target, ref);
  }

  #readBack(target: Target, ref: ObjectRef): unknown {
    const apart = this.#restore(target, ref) ? null : this.#leaseApart(target, ref);
    return apart === null ? this.read(target) : apart.value;
  }

  // False: there is no room, and none to be made, for disk takes no more. Gone or rebound meanwhile: the next look says so.
  #restore(target: Target, { slot, a, b, c, d }: ObjectRef): boolean {
    let refused = false;
    const attempt = () => {
      const code = this.#core.plasmid_restore(this.#at, slot, a, b, c, d, RESTORE_TIMEOUT_MS);
      refused = code === Code.SPILL_LIMIT;
      return refused ? 0 : code;
    };
    let code = attempt();
    // What this process's own garbage keeps may be what disk is full of.
    if (refused) code = this.#collect(attempt, code);
    if (Ladder.takes(code)) code = this.#ladder.climb(attempt, 0);
    if (refused) return false;
    if (code >= 0 || code === Code.FREED || code === Code.NOT_SEALED) return true;
    throw this.#segment.failure(code, targetText(target), true);
  }

  // A copy in memory of this process alone; null: it is to be looked at again. Its views end as others do, but nobody notices a
  // write to them: no other get shares them.
  #leaseApart(target: Target, { slot, a, b, c, d }: ObjectRef): LeasedValue | null {
    const attempt = () => this.#core.plasmid_lease_apart(this.#at, slot, a, b, c, d);
    let code = attempt();
    if (code === Code.NO_MEMORY) code = this.#ladder.collect(attempt, code, true);
    if (code >= 0) {
      const leased = this.#frames.leased();
      for (const { byteLength } of leased.buffers) this.#copied += byteLength;
      return leased;
    }
    if (code === Code.SPILLED || code === Code.FREED || code === Code.NOT_SEALED) return null;
    throw this.#segment.failure(code, targetText(target), true);
  }

  // Why an object is lost may be known: its file.
  #notLeased(code: number, target: Target): Error {
    return this.#segment.failure(code, targetText(target), code === Code.LOST || undefined);
  }

  #absent(code: number, target: Target): typeof ABSENT {
    if (code === Code.NOT_SEALED || code === Code.NOT_FOUND) return ABSENT;
    throw this.#segment.failure(code, targetText(target));
  }
}
