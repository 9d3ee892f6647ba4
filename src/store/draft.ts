import { AlreadySealedError, DraftBusyError, NotDraftError } from "../errors.ts";
import { Code } from "../native/code.ts";
import type { Segment } from "../native/segment.ts";
import { ObjectRef } from "../object/ref.ts";

/** A typed array over an ArrayBuffer. */
export type View =
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Uint8ClampedArray<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float16Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>;

/** The constructor of a view. */
export interface ViewConstructor<V extends View = View> {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): V;
  new (length: number): V;
}

/** What a draft asks of its store. */
export interface DraftHome {
  readonly segment: Segment;
  /** The ref for the handle `token`, whose words stand in the exchange. */
  adopt(token: number): ObjectRef;
  /** Takes a handle on the object of these words. */
  hold(words: Int32Array): ObjectRef;
  /** The draft has ended. */
  ended(token: number): void;
}

/**
 * An object being built in place. Write into `view`, then `seal()`: no byte is copied. A draft left unsealed by `using`, or
 * dropped, is aborted.
 */
export class Draft<V extends View = View> implements Disposable {
  readonly #home: DraftHome;
  /** @internal */
  readonly token: number;
  readonly #words: Int32Array;
  /** Keeps the draft: the view's buffer, or one that stands in for it after a seal that failed; null once detached. */
  #room: ArrayBuffer | null;
  #state: "open" | "sealed" | "aborted" = "open";
  #view: V;
  #ref: ObjectRef<V> | undefined;

  /** @internal Made by `store.allocate`. `room` is null for a draft of no bytes. */
  constructor(home: DraftHome, token: number, words: Int32Array, view: V, room: ArrayBuffer | null) {
    this.#home = home;
    this.token = token;
    this.#words = words;
    this.#view = view;
    this.#room = room;
  }

  /** @internal The ref's text; nothing is held by it. */
  get text(): string {
    const [slot, a, b, c, d] = this.#words;
    return new ObjectRef(slot!, a!, b!, c!, d!, null, null).toString();
  }

  /** Where to write; of length 0 once the draft is sealed or aborted. */
  get view(): V {
    return this.#view;
  }

  /**
   * The object's ref, good before the seal too: a get of it waits.
   *
   * @throws ObjectLostError if the draft was aborted before anyone asked for the ref.
   */
  get ref(): ObjectRef<V> {
    this.#ref ??= this.#home.hold(this.#words) as ObjectRef<V>;
    return this.#ref;
  }

  /** True once sealed. */
  get sealed(): boolean {
    return this.#state === "sealed";
  }

  /**
   * Makes the object readable and unchangeable, and detaches the view.
   *
   * @throws DraftBusyError if the view can't be detached (its buffer was moved, or input or output is in flight): nothing has
   * changed then. NameTakenError: the view is detached, and `seal` may be called again when the name is free.
   * AlreadySealedError, NotDraftError.
   */
  seal(): ObjectRef<V> {
    const { segment } = this.#home;
    if (this.#state === "sealed") throw new AlreadySealedError("the draft was sealed already", this.#context());
    if (this.#state === "aborted") throw new NotDraftError("the draft was aborted", this.#context());
    this.#detach();
    const token = segment.core.plasmid_seal(segment.at, this.token);
    if (token < 0) this.#stay(token);
    this.#state = "sealed";
    if (this.#ref === undefined) this.#ref = this.#home.adopt(token) as ObjectRef<V>;
    else segment.core.plasmid_forget(segment.at, token);
    this.#home.ended(this.token);
    return this.#ref;
  }

  /**
   * Takes the draft back: its bytes are free again, and who waited for it gets ObjectLostError. Again is no error.
   *
   * @throws DraftBusyError if the view can't be detached; AlreadySealedError.
   */
  abort(): void {
    if (this.#state === "sealed") throw new AlreadySealedError("the draft was sealed already", this.#context());
    if (this.#state === "aborted") return;
    this.#detach();
    this.#end();
  }

  /** Aborts the draft if it is not sealed. One whose view can't be detached is aborted when the view is collected. */
  [Symbol.dispose](): void {
    if (this.#state !== "open") return;
    try {
      this.#detach();
    } catch {
      this.#state = "aborted";
      this.#home.ended(this.token);
      return;
    }
    this.#end();
  }

  #end(): void {
    const { segment } = this.#home;
    this.#state = "aborted";
    const code = segment.core.plasmid_abort(segment.at, this.token);
    this.#home.ended(this.token);
    // A store that is closed or destroyed has aborted it by itself.
    if (code < 0) segment.core.plasmid_drain(segment.at);
  }

  // transfer(0) gives the memory back at once, where transfer() would have the collector count it once more. The deallocator that it runs
  // must not end the draft: the core is told before.
  #detach(): void {
    const room = this.#room;
    if (room === null) return;
    if (room.detached) throw new DraftBusyError("the draft's buffer was moved away", this.#context());
    const { core, at } = this.#home.segment;
    core.plasmid_unview(at, this.token, 1);
    room.transfer(0);
    if (!room.detached) {
      core.plasmid_unview(at, this.token, 0);
      throw new DraftBusyError("the draft's view is in use", this.#context());
    }
    this.#room = null;
  }

  /** The seal failed: the draft goes on, and ends with this if nobody seals or aborts it. */
  #stay(code: number): never {
    const { segment } = this.#home;
    const error = segment.failure(code, this.#text());
    if (this.#room === null && code !== Code.CLOSED && code !== Code.DESTROYED) {
      segment.core.plasmid_unview(segment.at, this.token, 0);
      this.#room = segment.handle(this.token);
    }
    throw error;
  }

  #text(): string {
    return `${this.#view.constructor.name} draft in slot ${this.#words[0]}`;
  }

  #context() {
    return { store: this.#home.segment.name, object: this.#text() };
  }
}
