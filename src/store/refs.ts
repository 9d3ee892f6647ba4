import { FreedError, InvalidArgumentError, ObjectLostError } from "../errors.ts";
import { Code } from "../native/code.ts";
import type { Segment } from "../native/segment.ts";
import { ObjectRef, type RefHome } from "../object/ref.ts";
import { checkObjectName } from "./name.ts";
import { type Target, targetText } from "./target.ts";

/** A call of the core that takes a ref's five words. */
type RefCall = (at: Segment["at"], slot: number, a: number, b: number, c: number, d: number) => number;

/** Makes the refs of one store, binds foreign ones, and finds what targets mean. */
export class Refs {
  readonly #segment: Segment;
  readonly #home: RefHome;
  #name: string | undefined;
  #nameBytes = 0;

  constructor(segment: Segment, home: RefHome) {
    this.#segment = segment;
    this.#home = home;
  }

  /** The ref for the handle `token`; its words stand in the exchange, or at `at` of `words`. */
  adopt(token: number, words: Int32Array = this.#segment.words, at = 0): ObjectRef {
    const handle = this.#segment.handle(token);
    return new ObjectRef(
      words[at]!,
      words[at + 1]!,
      words[at + 2]!,
      words[at + 3]!,
      words[at + 4]!,
      handle,
      this.#home,
    );
  }

  /**
   * Puts a name into the exchange, unless it stands there since the last call. Returns its bytes.
   *
   * @throws BadNameError
   */
  writeName(name: string): number {
    if (name !== this.#name) {
      this.#nameBytes = this.#segment.writeName(checkObjectName(name));
      this.#name = name;
    }
    return this.#nameBytes;
  }

  /** A new ref, with a handle of its own, to the object with these words. @throws FreedError, ObjectLostError. */
  hold(words: Int32Array): ObjectRef {
    const { core, at } = this.#segment;
    return this.adopt(this.#segment.must(core.plasmid_hold(at, words[0]!, words[1]!, words[2]!, words[3]!, words[4]!)));
  }

  /**
   * Sees to it that a ref from elsewhere keeps its object: a parsed one, or one whose store was closed, gets a handle here.
   *
   * @throws InvalidArgumentError if it is no ref; FreedError, ObjectLostError.
   */
  bind(ref: ObjectRef): ObjectRef {
    this.#check(ref);
    if (ref.home !== null && !ref.home.closed) return ref;
    const { core, at } = this.#segment;
    const code = core.plasmid_hold(at, ref.slot, ref.a, ref.b, ref.c, ref.d);
    const token = this.#segment.must(code, String(ref));
    ref.slot = this.#segment.words[0]!;
    ref.handle = this.#segment.handle(token);
    ref.home = this.#home;
    return ref;
  }

  /** The same, but for an object that is gone: its ref then stays as it is. @throws InvalidArgumentError if it is no ref. */
  bindIfThere(ref: ObjectRef): ObjectRef {
    try {
      return this.bind(ref);
    } catch (error) {
      if (!(error instanceof FreedError || error instanceof ObjectLostError)) throw error;
      return ref;
    }
  }

  /** The ref that a name is bound to, without a handle; undefined if it is bound to nothing. */
  lookUp(name: string): ObjectRef | undefined {
    const { core, at, words } = this.#segment;
    const code = core.plasmid_find(at, this.writeName(name));
    if (code === Code.NOT_FOUND) return undefined;
    this.#segment.must(code, JSON.stringify(name));
    return new ObjectRef(words[0]!, words[1]!, words[2]!, words[3]!, words[4]!, null, this.#home);
  }

  /**
   * The code of `call` on what the target means now; NOT_FOUND if it is a name that is bound to nothing. `bind`: a ref from elsewhere
   * keeps its object from now on.
   */
  call(target: Target, call: RefCall, bind = true): number {
    for (;;) {
      const named = typeof target === "string";
      const ref = named ? this.lookUp(target) : bind ? this.bindIfThere(target) : this.#check(target);
      if (ref === undefined) return Code.NOT_FOUND;
      const code = call(this.#segment.at, ref.slot, ref.a, ref.b, ref.c, ref.d);
      // A name that came to mean another object between the two calls is looked up again.
      if (!named || (code !== Code.FREED && code !== Code.LOST)) return code;
    }
  }

  /** The same. @throws the code's error. */
  must(target: Target, call: RefCall, bind = true): number {
    const code = this.call(target, call, bind);
    return code < 0 ? this.#segment.must(code, targetText(target)) : code;
  }

  #check(ref: ObjectRef): ObjectRef {
    if (ref instanceof ObjectRef) return ref;
    throw new InvalidArgumentError(
      `neither an ObjectRef nor a name: ${Bun.inspect(ref, { depth: 0 }).slice(0, 80)}`,
      { store: this.#segment.name },
      "pass what put() gave, ObjectRef.parse(text), or the object's name",
    );
  }
}
