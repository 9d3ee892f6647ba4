import {
  CapacityError,
  type HolderSummary,
  StoreClosedError,
  StoreDestroyedError,
  StoreNotFoundError,
} from "../errors.ts";
import { Code, OpenFlag } from "../native/code.ts";
import { Segment } from "../native/segment.ts";
import { Frames } from "../object/frames.ts";
import { ObjectRef, type RefHome } from "../object/ref.ts";
import { Collector } from "./collector.ts";
import { defaultCapacity, directoryOf, listStores, warnIfOnDisk } from "./directory.ts";
import type { Draft, View, ViewConstructor } from "./draft.ts";
import { Getting } from "./getting.ts";
import { type Holder, holdersOf, holdersOfTarget } from "./holders.ts";
import { Ladder } from "./ladder.ts";
import { Lease } from "./lease.ts";
import { Loop } from "./loop.ts";
import { checkStoreName } from "./name.ts";
import { type ObjectInfo, objectsOf } from "./object-info.ts";
import { fullTimeoutOf, type OpenOptions, openSettings, type PutOptions } from "./options.ts";
import { ABSENT, ON_DISK, Reader } from "./reader.ts";
import { Readiness } from "./readiness.ts";
import { Refs } from "./refs.ts";
import { callerOf, Sites } from "./sites.ts";
import { type StoreStats, statsOf } from "./stats.ts";
import { Strays } from "./strays.ts";
import { type SubscribeOptions, Subscription } from "./subscription.ts";
import { type Target, targetText } from "./target.ts";
import { type Usage, usageOf } from "./usage.ts";
import { checkSignal, Waiting, type WaitOptions } from "./waiting.ts";
import { Writer } from "./writer.ts";

const PUT_ASYNC_TIMEOUT_MS = 10_000;

// Closed when the process exits, so that a store that lives until its last close ends then.
const openStores = new Set<Store>();
let exitHooked = false;

/**
 * A store of immutable objects in shared memory. Any process of this user may open it by name; what one puts, all read in place.
 *
 * A Store belongs to the thread that opened it; other Workers open it themselves. Every method throws StoreClosedError after
 * `close`, StoreDestroyedError once somebody destroyed the store, and LockTimeoutError if a stopped process holds its lock.
 */
export class Store implements RefHome, Disposable {
  /** As given to `open`. */
  readonly name: string;
  readonly #segment: Segment;
  readonly #frames: Frames;
  readonly #refs: Refs;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #getting: Getting;
  readonly #waiting: Waiting;
  readonly #loop: Loop;
  readonly #sites: Sites | undefined;
  readonly #strays: Strays;
  #closed = false;

  private constructor(segment: Segment, fullTimeoutMs: number, options: OpenOptions) {
    this.name = segment.name;
    this.#segment = segment;
    const frames = new Frames(segment, this, options.code === true);
    this.#frames = frames;
    this.#refs = new Refs(segment, this);
    this.#strays = new Strays(segment);
    this.#waiting = new Waiting(segment.name, closed => this.#ended(closed));
    const collector = new Collector(segment);
    const ladder = new Ladder(segment, this.#waiting, collector, fullTimeoutMs);
    this.#reader = new Reader(segment, frames, this.#refs, this.#strays, this, ladder, collector);
    const readiness = new Readiness(segment, this.#refs);
    this.#getting = new Getting(segment, this.#reader, readiness, this.#waiting, collector);
    this.#writer = new Writer(segment, frames, this.#refs, ladder, collector);
    this.#loop = new Loop(segment, this.#waiting, this.#strays, collector);
    this.#waiting.attach(this.#loop);
    this.#sites = options.callSites === true ? new Sites() : undefined;
    openStores.add(this);
    if (!exitHooked) {
      exitHooked = true;
      process.on("exit", () => {
        for (const store of [...openStores]) {
          // A warning would wait for a turn of the loop that does not come.
          store.#strays.tell(console.error);
          store.close();
        }
      });
    }
  }

  /**
   * Opens the store of this name, or makes it. Two that make it at the same instant get one store.
   *
   * @throws BadNameError, InvalidArgumentError, CapacityError and SpillOptionsError (it exists with others), SpillError, BadSegmentError, VersionError,
   * ClientsFullError, NoSpaceError, StoreNotFoundError (only with `mustExist`), PlatformError, SystemError.
   */
  static open(name: string, options?: OpenOptions): Store {
    return Store.#open(name, options ?? {});
  }

  static #open(name: string, options: OpenOptions): Store {
    checkStoreName(name);
    const directory = directoryOf(options);
    const settings = openSettings(options);
    const fullTimeoutMs = fullTimeoutOf(options);
    const segment =
      options.capacity === undefined && !options.mustExist
        ? openAnyCapacity(directory, name, settings)
        : Segment.open(directory, name, settings);
    try {
      warnIfOnDisk(directory);
      return new Store(segment, fullTimeoutMs, options);
    } catch (error) {
      segment.close();
      throw error;
    }
  }

  /**
   * Ends the store for everyone: its file goes, those who have it open get StoreDestroyedError, views stay good until they die.
   *
   * @throws StoreNotFoundError if there is none; BadNameError.
   */
  static destroy(name: string, options?: { directory?: string }): void {
    Segment.destroy(directoryOf(options), checkStoreName(name));
  }

  /** Names of the stores in the folder, sorted. */
  static list(options?: { directory?: string }): string[] {
    return listStores(directoryOf(options));
  }

  /** True once this Store was closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Puts a value, sealed at once, and gives its ref. Typed arrays and ArrayBuffers of at least 32 KiB are copied once and later
   * read in place. Blocks at most `fullTimeoutMs` when there is no room.
   *
   * @throws StoreFullError, TableFullError, NameTakenError, BadNameError; EncodeError if the value can't be encoded; FreedError,
   * ObjectLostError, NotSealedError for a contained ref.
   */
  put<T>(value: T, options?: PutOptions): ObjectRef<T> {
    const ref = this.#writer.put(value, options ?? undefined);
    this.#sites?.made(ref.toString(), this.put);
    return ref as ObjectRef<T>;
  }

  /**
   * Puts values in one crossing, all of them or none: `names[i]`, if given, for `values[i]`; the other options for every one.
   *
   * @throws as `put`.
   */
  putMany<T>(
    values: readonly T[],
    options?: Omit<PutOptions, "name"> & { names?: readonly (string | undefined)[] },
  ): ObjectRef<T>[] {
    const { names, ...rest } = options ?? {};
    const refs = this.#writer.putMany(values, names ?? [], rest);
    if (this.#sites !== undefined) for (const ref of refs) this.#sites.made(ref.toString(), this.putMany);
    return refs as ObjectRef<T>[];
  }

  /**
   * Puts a value, waiting for room (10 seconds by default) without blocking. The value is encoded now, but its large buffers are
   * copied when there is room: leave them alone until then. Blobs and Files in it are read first.
   *
   * @throws (rejects) as `put`; AbortedError.
   */
  putAsync<T>(value: T, options?: PutOptions & WaitOptions): Promise<ObjectRef<T>> {
    const timeoutMs = options?.timeoutMs ?? PUT_ASYNC_TIMEOUT_MS;
    const site = this.#sites && callerOf(this.putAsync);
    const putting = this.#writer.putAsync(value, { ...options, timeoutMs }) as Promise<ObjectRef<T>>;
    return site === undefined ? putting : putting.then(ref => this.#madeAt(ref, site));
  }

  /**
   * A draft of a typed array of `length` zeros, to be built in place.
   *
   * @throws StoreFullError, TableFullError, InvalidArgumentError, BadNameError.
   */
  allocate<V extends View>(type: ViewConstructor<V>, length: number, options?: PutOptions): Draft<V> {
    const draft = this.#writer.allocate(type, length, true, options ?? undefined);
    this.#sites?.made(draft.text, this.allocate);
    return draft;
  }

  /** As `allocate`, but what the array holds is left over from others: write every element. */
  allocateUnsafe<V extends View>(type: ViewConstructor<V>, length: number, options?: PutOptions): Draft<V> {
    const draft = this.#writer.allocate(type, length, false, options ?? undefined);
    this.#sites?.made(draft.text, this.allocateUnsafe);
    return draft;
  }

  /**
   * The value, decoded anew: at once if it is there, else when it is sealed or the name is bound. Large arrays are views on shared
   * memory, not to be written to; they keep the object as long as they live. A list gives a list of values.
   *
   * @throws (rejects) TimedOutError, AbortedError, FreedError, ObjectLostError, DecodeError.
   */
  get<T>(target: Target<T>, options?: WaitOptions): Promise<T>;
  get<T>(targets: readonly Target<T>[], options?: WaitOptions): Promise<T[]>;
  get(target: Target | readonly Target[], options?: WaitOptions): Promise<unknown> {
    try {
      if (options !== undefined) checkSignal(options, this.name);
      if (Array.isArray(target)) return this.#getting.many(target, options);
      const value = this.#reader.read(target as Target, true);
      const later = value === ABSENT || value === ON_DISK;
      return later ? this.#getting.later(target as Target, options) : Promise.resolve(value);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * As `get`, but blocks this thread, for 60 seconds at most by default. For Workers and scripts: while it blocks, no timer, no
   * signal and no other promise runs.
   *
   * @throws TimedOutError, FreedError, ObjectLostError, DecodeError.
   */
  getSync<T>(target: Target<T>, options?: { timeoutMs?: number }): T;
  getSync<T>(targets: readonly Target<T>[], options?: { timeoutMs?: number }): T[];
  getSync(target: Target | readonly Target[], options?: { timeoutMs?: number }): unknown {
    return Array.isArray(target)
      ? this.#getting.syncMany(target, options)
      : this.#getting.sync(target as Target, options);
  }

  /**
   * The value if it is there now; undefined if it is not sealed, or the name not bound.
   *
   * @throws FreedError, ObjectLostError, DecodeError.
   */
  peek<T>(target: Target<T>): T | undefined {
    const value = this.#reader.read(target);
    return value === ABSENT ? undefined : (value as T);
  }

  /**
   * The value with views of its own, which are detached when the lease ends: at the end of the block with `using`.
   *
   * @throws ObjectNotFoundError, NotSealedError, FreedError, ObjectLostError, DecodeError.
   */
  lease<T>(target: Target<T>): Lease<T> {
    this.#strays.tell();
    const { value, buffers } = this.#reader.lease(target);
    return new Lease(this.#segment, value as T, buffers);
  }

  /**
   * Waits until `count` (by default all) of the targets are ready: sealed, bound, or gone for good, so that a get would not wait.
   * At the timeout it gives what there is. Both lists keep the order; `ready` may be longer than `count`.
   *
   * @throws (rejects) AbortedError; InvalidArgumentError if `count` is not between 0 and the number of targets.
   */
  wait<R extends Target>(
    targets: readonly R[],
    options?: WaitOptions & { count?: number },
  ): Promise<{ ready: R[]; pending: R[] }> {
    return this.#getting.wait(targets, options);
  }

  /** True if the object is sealed and there, or the name is bound. */
  contains(target: Target): boolean {
    if (typeof target === "string") return this.#refs.lookUp(target) !== undefined;
    this.#refs.bindIfThere(target);
    const { core, at } = this.#segment;
    const code = core.plasmid_state(at, target.slot, target.a, target.b, target.c, target.d);
    if (code === Code.NOT_SEALED || code === Code.FREED || code === Code.LOST) return false;
    this.#segment.must(code, targetText(target));
    return true;
  }

  /** A ref to what the name is bound to now; undefined if to nothing. */
  find<T = unknown>(name: string): ObjectRef<T> | undefined {
    const ref = this.#refs.lookUp(name);
    if (ref === undefined) return undefined;
    const { core, at } = this.#segment;
    const code = core.plasmid_hold(at, ref.slot, ref.a, ref.b, ref.c, ref.d);
    // Freed or rebound since: look again.
    if (code === Code.FREED || code === Code.LOST) return this.find(name);
    return this.#refs.adopt(this.#segment.must(code, JSON.stringify(name))) as ObjectRef<T>;
  }

  /**
   * The ref of an exported text, bound to this store: it keeps its object.
   *
   * @throws InvalidArgumentError; FreedError, ObjectLostError.
   */
  parse<T = unknown>(text: string): ObjectRef<T> {
    return this.#refs.bind(ObjectRef.parse(text)) as ObjectRef<T>;
  }

  /**
   * Adds a pin: the object stays until as many `unpin` have followed, or `free`. Pins are counted in the object and outlive every
   * process.
   *
   * @throws ObjectNotFoundError, NotSealedError, FreedError, ObjectLostError.
   */
  pin(target: Target): void {
    this.#refs.must(target, this.#segment.core.plasmid_pin);
  }

  /**
   * Takes a pin off.
   *
   * @throws NotPinnedError if there is none; ObjectNotFoundError, FreedError, ObjectLostError.
   */
  unpin(target: Target): void {
    this.#refs.must(target, this.#segment.core.plasmid_unpin);
  }

  /**
   * Makes the object the most recently used, as a get does, without reading it: of what nobody holds, it is the last to go. Of one that
   * is held nothing changes; it will be that when it is held no more.
   *
   * @throws ObjectNotFoundError, NotSealedError, FreedError, ObjectLostError.
   */
  refresh(target: Target): void {
    this.#refs.must(target, this.#segment.core.plasmid_refresh, false);
  }

  /**
   * Frees the object, whoever keeps it: its name is unbound and gets fail with FreedError at once; views stay good, and the bytes
   * go when the last of them dies. Returns false if there was nothing to free.
   *
   * @throws NotSealedError for a draft: abort it.
   */
  free(target: Target): boolean {
    const code = this.#refs.call(target, this.#segment.core.plasmid_free);
    if (code === Code.NOT_FOUND || code === Code.FREED || code === Code.LOST) return false;
    this.#segment.must(code, targetText(target));
    return true;
  }

  /** Every object, a page at a time: what changes meanwhile may be missed or shown. */
  objects(): Generator<ObjectInfo, void> {
    return objectsOf(this.#segment, this.#sites);
  }

  /** The store's numbers now. */
  stats(): StoreStats {
    return statsOf(this.#segment);
  }

  /**
   * Who keeps how much: first what no process holds (pid 0: pins and containment), then a row a process. Of one object: each hold
   * on it, in whatever state it is.
   *
   * @throws ObjectNotFoundError, FreedError, ObjectLostError.
   */
  holders(): HolderSummary[];
  holders(target: Target): Holder[];
  holders(target?: Target): HolderSummary[] | Holder[] {
    return target === undefined ? holdersOf(this.#segment) : holdersOfTarget(this.#segment, this.#refs, target);
  }

  /** The store by process and by what keeps it: objects, bytes, age; with `callSites` also by the line that made them. */
  usage(): Usage[] {
    return usageOf(this.#segment, this.#sites);
  }

  /**
   * Tells what happens in the store, in order, from every process: seals, evictions, spills, frees, deaths of clients. It begins at once.
   * A subscriber that is too slow gets an event `gap`, which says how many it missed; it never holds up those who write. Meanwhile
   * small puts of every process take the lock, which costs each a few hundred nanoseconds.
   *
   * @throws InvalidArgumentError; LockTimeoutError also if a stopped process is in the middle of a put; SubscriptionsFullError (1,024 of a
   * Store are open), NoSpaceError, SystemError.
   */
  subscribe(options?: SubscribeOptions): Subscription {
    return new Subscription(this.#segment, this.#waiting, options ?? {});
  }

  /**
   * Walks the whole segment and derives every count anew. Nobody else can use the store meanwhile.
   *
   * @throws CorruptError with the first fault.
   */
  check(): void {
    this.#segment.must(this.#segment.core.plasmid_check(this.#segment.at));
  }

  /** Gives whole free pages at the top of the heap back to the system; returns how many MiB. */
  trim(): number {
    return this.#segment.must(this.#segment.core.plasmid_trim(this.#segment.at));
  }

  /**
   * Closes this Store; again is no error. Its refs keep nothing any more, its drafts are aborted, what is awaited is rejected. Views
   * stay good until they die.
   */
  close(): void {
    if (this.#closed) return;
    this.#strays.tell();
    this.#closed = true;
    openStores.delete(this);
    this.#writer.abortDrafts();
    this.#waiting.silence();
    this.#segment.close(this.#frames.inUse);
    this.#reader.clear();
    this.#waiting.closed();
    this.#loop.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #madeAt<T>(ref: ObjectRef<T>, site: string): ObjectRef<T> {
    this.#sites?.madeAt(ref.toString(), site);
    return ref;
  }

  #ended(closed: boolean) {
    const context = { store: this.name };
    return closed
      ? new StoreClosedError("the store was closed while this was awaited", context)
      : new StoreDestroyedError("the store was destroyed while this was awaited", context);
  }
}

// Taken as it is; made with the default capacity if it is not there; and, if another made it between the two, taken after all.
function openAnyCapacity(directory: string, name: string, settings: Parameters<typeof Segment.open>[2]): Segment {
  const existing = { ...settings, flags: settings.flags | OpenFlag.EXISTING };
  for (;;) {
    try {
      return Segment.open(directory, name, existing);
    } catch (error) {
      if (!(error instanceof StoreNotFoundError)) throw error;
    }
    try {
      return Segment.open(directory, name, { ...settings, capacity: defaultCapacity(directory) });
    } catch (error) {
      if (!(error instanceof CapacityError)) throw error;
    }
  }
}
