import type { Pointer } from "bun:ffi";
import { Blobs } from "../codec/blobs.ts";
import { InvalidArgumentError } from "../errors.ts";
import { Code, ItemFlag } from "../native/code.ts";
import type { Segment } from "../native/segment.ts";
import { DraftItem } from "../object/draft-item.ts";
import type { Frames } from "../object/frames.ts";
import { type Frame, frameBytes, Items, SmallItem } from "../object/item.ts";
import type { ObjectRef } from "../object/ref.ts";
import type { Collector } from "./collector.ts";
import { Draft, type DraftHome, type View, type ViewConstructor } from "./draft.ts";
import { Ladder } from "./ladder.ts";
import { checkObjectName } from "./name.ts";
import type { PutOptions } from "./options.ts";
import type { Refs } from "./refs.ts";
import { checkSignal, timeoutOf, type WaitOptions, within } from "./waiting.ts";

/** The longest ArrayBuffer there is. */
const LARGEST_VIEW_BYTES = 2 ** 32;

const utf8 = new TextEncoder();

/** Makes objects: puts values, and drafts to be built in place. */
export class Writer implements DraftHome {
  readonly segment: Segment;
  readonly #core: Segment["core"];
  readonly #at: Segment["at"];
  readonly #frames: Frames;
  readonly #refs: Refs;
  readonly #ladder: Ladder;
  readonly #collector: Collector;
  readonly #draftItem: DraftItem;
  readonly #smallItem: SmallItem;
  readonly #drafts = new Map<number, WeakRef<Draft<View>>>();

  constructor(segment: Segment, frames: Frames, refs: Refs, ladder: Ladder, collector: Collector) {
    this.segment = segment;
    this.#core = segment.core;
    this.#at = segment.at;
    this.#frames = frames;
    this.#refs = refs;
    this.#ladder = ladder;
    this.#collector = collector;
    this.#draftItem = new DraftItem(segment);
    this.#smallItem = new SmallItem(segment.exchangeAt);
  }

  /** See `Store.put`. */
  put(value: unknown, options?: PutOptions): ObjectRef {
    const frames = this.#frames;
    if (frames.busy) return frames.aside(() => this.put(value, options));
    // Before anything is encoded, for a bad name; and after, for encoding may call the store with other names.
    if (options?.name !== undefined) this.#refs.writeName(options.name);
    const bytes = frames.encodeSmall(value);
    if (bytes < 0) return this.#putFrames([this.#frame(value, options)], options?.name)[0]!;
    if (options !== undefined) return this.#putSmallWith(bytes, options);
    const token = this.#core.plasmid_put_small(this.#at, bytes);
    return this.#refs.adopt(token > 0 ? token : this.#putSmallAgain(token, bytes));
  }

  /** See `Store.putMany`. */
  putMany(values: readonly unknown[], names: readonly (string | undefined)[], options?: PutOptions): ObjectRef[] {
    if (this.#frames.busy) return this.#frames.aside(() => this.putMany(values, names, options));
    if (values.length === 0) return [];
    return this.#putFrames(values.map((value, i) => this.#frame(value, { ...options, name: names[i] })));
  }

  /** See `Store.putAsync`. */
  async putAsync(value: unknown, options: PutOptions & WaitOptions): Promise<ObjectRef> {
    const deadline = performance.now() + timeoutOf(options);
    checkSignal(options, this.segment.name);
    const framed = this.#frameAsync(value, options, deadline);
    const frame = framed instanceof Promise ? await framed : framed;
    const lengths = frame.buffers.map(buffer => buffer.byteLength);
    let items!: Items;
    // Addresses are taken anew each time: the caller's arrays are its own while this waits.
    const attempt = () => {
      if (frame.buffers.some((buffer, i) => buffer.byteLength !== lengths[i])) throw this.#movedAway();
      items = new Items([frame]);
      return this.#core.plasmid_put_many(this.#at, items.words, 1);
    };
    let code = attempt();
    if (Ladder.takes(code)) {
      const timeoutMs = Math.max(0, deadline - performance.now());
      code = await this.#ladder.climbAsync(attempt, frameBytes(frame), { ...options, timeoutMs });
    }
    if (code < 0) throw this.#failed(code, options.name);
    return this.#refs.adopt(items.token(0), items.signed, items.refAt(0));
  }

  /** See `Store.allocate`. */
  allocate<V extends View>(type: ViewConstructor<V>, length: number, zero: boolean, options?: PutOptions): Draft<V> {
    if (this.#frames.busy) return this.#frames.aside(() => this.allocate(type, length, zero, options));
    this.#collector.answer();
    const bytes = this.#viewBytes(type, length);
    const flags = flagsOf(options) | (zero ? ItemFlag.ZERO : 0);
    if (bytes === 0) return this.#allocateNothing(type, flags, options);
    const item = this.#draftItem;
    item.set(type, bytes, options?.name === undefined ? 0 : this.#refs.writeName(options.name), flags);
    const token = this.#begin(this.#core.plasmid_create(this.#at, item.at), item.at, bytes, options);
    const room = this.segment.view(item.room, bytes, item.context);
    return this.#draft(new Draft(this, token, item.refWords(), new type(room), room));
  }

  /** Aborts the drafts that are open, as far as their views can be detached. */
  abortDrafts(): void {
    for (const draft of [...this.#drafts.values()]) draft.deref()?.[Symbol.dispose]();
    this.#drafts.clear();
  }

  adopt(token: number): ObjectRef {
    return this.#refs.adopt(token);
  }

  hold(words: Int32Array): ObjectRef {
    return this.#refs.hold(words);
  }

  ended(token: number): void {
    this.#drafts.delete(token);
  }

  #allocateNothing<V extends View>(type: ViewConstructor<V>, flags: number, options?: PutOptions): Draft<V> {
    const items = new Items([this.#frames.frame(new type(0), flags, nameOf(options))]);
    const token = this.#begin(this.#core.plasmid_create(this.#at, items.words), items.words, 0, options);
    // No view whose collection could end the draft: a buffer stands in for it.
    this.segment.must(this.#core.plasmid_unview(this.#at, token, 0));
    const words = items.signed.slice(items.refAt(0), items.refAt(0) + 5);
    return this.#draft(new Draft(this, token, words, new type(0), this.segment.handle(token)));
  }

  /** The draft's token, if `code` says that there is room, or when there is. */
  #begin(code: number, item: Pointer | Uint32Array, bytes: number, options?: PutOptions): number {
    if (code >= 0) return code;
    const attempt = () => this.#core.plasmid_create(this.#at, item);
    // One that is larger than the store takes a view's place as it is made, and a copy would be of no use.
    const found = code === Code.NO_VIEW ? this.#ladder.collect(attempt, code, true) : code;
    const last = Ladder.takes(found) ? this.#ladder.climb(attempt, bytes) : found;
    return this.segment.must(last, options?.name && JSON.stringify(options.name));
  }

  #draft<V extends View>(draft: Draft<V>): Draft<V> {
    this.#drafts.set(draft.token, new WeakRef(draft as unknown as Draft<View>));
    return draft;
  }

  #frame(value: unknown, options?: PutOptions, blobs?: Blobs): Frame {
    return this.#frames.frame(value, flagsOf(options), nameOf(options), blobs);
  }

  /** The same for a value with Blobs in it, which are read first. */
  #frameAsync(value: unknown, options: PutOptions & WaitOptions, deadline: number): Frame | Promise<Frame> {
    const blobs = new Blobs();
    const encode = () =>
      this.#frames.busy
        ? this.#frames.aside(() => this.#frame(value, options, blobs))
        : this.#frame(value, options, blobs);
    const read = (reading: Promise<void>) => within(reading, "reading its Blobs", options, deadline, this.segment.name);
    return blobs.run(encode, read);
  }

  #putFrames(frames: readonly Frame[], name?: string): ObjectRef[] {
    this.#collector.answer();
    const items = new Items(frames);
    const attempt = () => this.#core.plasmid_put_many(this.#at, items.words, frames.length);
    const code = this.#climb(attempt(), attempt, frames);
    if (code < 0) throw this.#failed(code, name ?? failedName(frames, items));
    return frames.map((_, i) => this.#refs.adopt(items.token(i), items.signed, items.refAt(i)));
  }

  #putSmallWith(bytes: number, options: PutOptions): ObjectRef {
    const item = this.#smallItem;
    item.set(bytes, options.name === undefined ? 0 : this.#refs.writeName(options.name), flagsOf(options));
    let code = this.#core.plasmid_put_many(this.#at, item.at, 1);
    if (Ladder.takes(code)) code = this.#putItemAgain(bytes);
    if (code < 0) throw this.#failed(code, options.name);
    return this.#refs.adopt(item.token, item.words, SmallItem.refAt);
  }

  // Out of the way of the short path, as the next.
  #putItemAgain(bytes: number): number {
    return this.#ladder.climb(() => this.#core.plasmid_put_many(this.#at, this.#smallItem.at, 1), bytes);
  }

  // That a contained ref is freed, lost or not sealed is a detail of the put.
  #failed(code: number, name: string | undefined): Error {
    return this.segment.failure(code, name === undefined ? undefined : JSON.stringify(name), true);
  }

  // Out of the way of the short path. What was encoded still stands in the exchange.
  #putSmallAgain(code: number, bytes: number): number {
    const attempt = () => this.#core.plasmid_put_small(this.#at, bytes);
    return this.segment.must(Ladder.takes(code) ? this.#ladder.climb(attempt, bytes) : code);
  }

  #climb(code: number, attempt: () => number, frames: readonly Frame[]): number {
    if (!Ladder.takes(code)) return code;
    const sizes = frames.map(frameBytes);
    return this.#ladder.climb(
      attempt,
      sizes.reduce((sum, bytes) => sum + bytes, 0),
      Math.max(...sizes),
    );
  }

  #movedAway(): Error {
    return new InvalidArgumentError(
      "a buffer of the value was moved away or resized while putAsync waited for room",
      { store: this.segment.name },
      "leave the value alone until the promise settles",
    );
  }

  #viewBytes(type: ViewConstructor, length: number): number {
    const bytes = length * type?.BYTES_PER_ELEMENT;
    if (typeof type === "function" && Number.isSafeInteger(length) && length >= 0 && bytes <= LARGEST_VIEW_BYTES) {
      return bytes;
    }
    throw new InvalidArgumentError(
      `no array can be made of ${length} elements of ${type?.name ?? typeof type}`,
      { store: this.segment.name },
      "give a typed array's constructor and a length of at most 4 GiB; make more objects of more",
    );
  }
}

function flagsOf(options: PutOptions | undefined): number {
  if (options === undefined) return 0;
  return (options.replace ? ItemFlag.REPLACE : 0) | (options.pin ? ItemFlag.PIN : 0);
}

function nameOf(options: PutOptions | undefined): Uint8Array | undefined {
  return options?.name === undefined ? undefined : utf8.encode(checkObjectName(options.name));
}

function failedName(frames: readonly Frame[], items: Items): string | undefined {
  const at = frames.findIndex((_, i) => items.status(i) < 0);
  const name = frames[at]?.name;
  return name && new TextDecoder().decode(name);
}
