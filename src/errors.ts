/** Where a failure happened; every field is optional because not every failure knows. */
export interface FailureContext {
  /** Name of the store. */
  readonly store?: string;
  /** The object: its name in quotes, or its ref's text. */
  readonly object?: string;
  /** The error underneath: an abort signal's reason, a system error. */
  readonly cause?: unknown;
}

/** One row of the breakdown in a {@link StoreFullError}: what one process (or nobody in particular) keeps. */
export interface HolderSummary {
  /** Process id; 0 for what no process holds: pins and containment. */
  readonly pid: number;
  /** Objects of which the process has views; for pid 0: pinned objects. */
  readonly leasedCount: number;
  /** Bytes of those. */
  readonly leasedBytes: number;
  /** Objects to which the process has refs; for pid 0: objects contained in others. */
  readonly handledCount: number;
  /** Bytes of those. */
  readonly handledBytes: number;
  /** Drafts of the process that are not sealed. */
  readonly draftCount: number;
  /** Bytes of those. */
  readonly draftBytes: number;
}

/**
 * The base of every error of this package. Tell them apart by `code` (`"ERR_PLASMID_<NAME>"`, which never changes) or by class.
 * The message says what was wrong, where, and what to do about it.
 */
export class PlasmidError extends Error {
  /** Stable, unlike the message. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The name of the class. */
  override get name(): string {
    return this.constructor.name;
  }
}

/** The base of the errors of stores. */
export abstract class StoreError extends PlasmidError {
  /** Name of the store, when known. */
  readonly store: string | undefined;
  /** The object concerned, when known: its name in quotes, or its ref's text. */
  readonly object: string | undefined;

  constructor(code: string, what: string, context: FailureContext = {}, advice = "") {
    const options = context.cause === undefined ? undefined : { cause: context.cause };
    super(code, sentence(what, context, advice), options);
    this.store = context.store;
    this.object = context.object;
  }
}

function sentence(what: string, context: FailureContext, advice: string): string {
  const where = [context.object && `object ${context.object}`, context.store && `store "${context.store}"`]
    .filter(Boolean)
    .join(" in ");
  const head = where === "" ? what : `${what} (${where})`;
  return advice === "" ? head : `${head}: ${advice}`;
}

/** An argument is of the wrong type or out of range. */
export class InvalidArgumentError extends StoreError {
  declare readonly code: "ERR_PLASMID_INVALID";

  constructor(what: string, context?: FailureContext, advice?: string) {
    super("ERR_PLASMID_INVALID", what, context, advice);
  }
}

/** No object is bound to the name. */
export class ObjectNotFoundError extends StoreError {
  declare readonly code: "ERR_PLASMID_NOT_FOUND";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_NOT_FOUND", what, context, "put something under the name first, or wait for it with get()");
  }
}

/** The `timeoutMs` of the call ran out. */
export class TimedOutError extends StoreError {
  declare readonly code: "ERR_PLASMID_TIMED_OUT";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_TIMED_OUT", what, context, "give a longer timeoutMs, or see whether its producer still runs");
  }
}

/** The call's AbortSignal was aborted; `cause` is the signal's reason. */
export class AbortedError extends StoreError {
  declare readonly code: "ERR_PLASMID_ABORTED";

  constructor(what: string, context?: FailureContext, advice?: string) {
    super("ERR_PLASMID_ABORTED", what, context, advice);
  }
}

/** The name is bound to another object already. */
export class NameTakenError extends StoreError {
  declare readonly code: "ERR_PLASMID_NAME_TAKEN";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_NAME_TAKEN", what, context, "pass { replace: true } to rebind it, or free what is there");
  }
}

/** The object has been created but not sealed. */
export class NotSealedError extends StoreError {
  declare readonly code: "ERR_PLASMID_NOT_SEALED";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_NOT_SEALED", what, context, "await get(), which waits for the seal");
  }
}

/** The draft was sealed before. */
export class AlreadySealedError extends StoreError {
  declare readonly code: "ERR_PLASMID_ALREADY_SEALED";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_ALREADY_SEALED", what, context, "a sealed object never changes; allocate another");
  }
}

/** The draft's view cannot be detached: it was moved away, or input or output is in flight on it. The draft stays as it was. */
export class DraftBusyError extends StoreError {
  declare readonly code: "ERR_PLASMID_DRAFT_BUSY";

  constructor(what: string, context?: FailureContext) {
    super(
      "ERR_PLASMID_DRAFT_BUSY",
      what,
      context,
      "await the reads and writes on the view, don't transfer its buffer, then seal again",
    );
  }
}

/** The object was freed. */
export class FreedError extends StoreError {
  declare readonly code: "ERR_PLASMID_FREED";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_FREED", what, context, "somebody called free() on it; get the ref of its successor");
  }
}

/** The object is not in the store: evicted, aborted or never there. */
export class ObjectLostError extends StoreError {
  declare readonly code: "ERR_PLASMID_LOST";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_LOST", what, context, "keep what you need by its ref, a pin or a container, or put it again");
  }
}

/** The object does not fit, after everything that could make room was tried. */
export class StoreFullError extends StoreError {
  declare readonly code: "ERR_PLASMID_STORE_FULL";

  /** Bytes that were asked for. */
  readonly bytes: number;
  /** Bytes of the largest object that would fit. */
  readonly largest: number;
  /** Who keeps how much. */
  readonly holders: readonly HolderSummary[];
  /** What the objects that this process makes may take, in bytes; undefined if it has no quota. */
  readonly quota: number | undefined;
  /** With a quota: what they take. */
  readonly charged: number | undefined;

  constructor(
    what: string,
    context: FailureContext = {},
    bytes = 0,
    largest = 0,
    holders: readonly HolderSummary[] = [],
    share?: { quota: number; charged: number },
  ) {
    super(
      "ERR_PLASMID_STORE_FULL",
      `${what}: ${bytes} bytes asked, largest free extent ${largest}${breakdown(holders)}`,
      context,
      "drop refs and views, unpin, free, or open a larger store",
    );
    this.bytes = bytes;
    this.largest = largest;
    this.holders = holders;
    this.quota = share?.quota;
    this.charged = share?.charged;
  }
}

/** The table of objects is full, after everything that could make room was tried. */
export class TableFullError extends StoreError {
  declare readonly code: "ERR_PLASMID_TABLE_FULL";

  /** Who keeps how much. */
  readonly holders: readonly HolderSummary[];

  constructor(what: string, context: FailureContext = {}, holders: readonly HolderSummary[] = []) {
    super(
      "ERR_PLASMID_TABLE_FULL",
      `${what}${breakdown(holders)}`,
      context,
      "drop refs, or make the store with a larger maxObjects",
    );
    this.holders = holders;
  }
}

/** Processes that a message names: those that keep the most. */
const NAMED_HOLDERS = 8;

function kept(row: HolderSummary): number {
  return row.leasedBytes + row.handledBytes + row.draftBytes;
}

function breakdown(holders: readonly HolderSummary[]): string {
  const processes = holders.filter(row => row.pid !== 0 && kept(row) > 0).sort((a, b) => kept(b) - kept(a));
  const named = [...holders.filter(row => row.pid === 0), ...processes.slice(0, NAMED_HOLDERS)];
  const parts: string[] = [];
  for (const row of named) {
    const [leased, handled] = row.pid === 0 ? ["pinned", "contained"] : ["leased", "by refs"];
    const held = [
      row.leasedCount > 0 && `${leased} ${row.leasedCount} (${row.leasedBytes} bytes)`,
      row.handledCount > 0 && `${handled} ${row.handledCount} (${row.handledBytes} bytes)`,
      row.draftCount > 0 && `drafts ${row.draftCount} (${row.draftBytes} bytes)`,
    ].filter(Boolean);
    if (held.length > 0) parts.push(`${row.pid === 0 ? "" : `pid ${row.pid} `}${held.join(", ")}`);
  }
  if (processes.length > NAMED_HOLDERS) parts.push(`and ${processes.length - NAMED_HOLDERS} processes more`);
  return parts.length === 0 ? "" : `; held: ${parts.join("; ")}`;
}

/** As many processes have the store open as it allows. */
export class ClientsFullError extends StoreError {
  declare readonly code: "ERR_PLASMID_CLIENTS_FULL";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_CLIENTS_FULL", what, context, "close it elsewhere, or make the store with a larger maxClients");
  }
}

/** A process that is alive (stopped, perhaps) held the store's lock longer than `lockTimeoutMs`. */
export class LockTimeoutError extends StoreError {
  declare readonly code: "ERR_PLASMID_LOCK_TIMEOUT";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_LOCK_TIMEOUT", what, context, "continue or end that process; the call can then be made again");
  }
}

/** The file is not a store, or not one that can be trusted: owner, mode, a symbolic link, its length, its content. */
export class BadSegmentError extends StoreError {
  declare readonly code: "ERR_PLASMID_BAD_SEGMENT";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_BAD_SEGMENT", what, context, "look at the file, and remove it if it should not be there");
  }
}

/** The store was made by a build whose layout differs. */
export class VersionError extends StoreError {
  declare readonly code: "ERR_PLASMID_VERSION";

  constructor(what: string, context?: FailureContext) {
    super(
      "ERR_PLASMID_VERSION",
      what,
      context,
      "use one version of plasmid everywhere, or Store.destroy() the old store",
    );
  }
}

/** The store was destroyed. */
export class StoreDestroyedError extends StoreError {
  declare readonly code: "ERR_PLASMID_DESTROYED";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_DESTROYED", what, context, "close it and open a new one");
  }
}

/** The store was closed in this process. */
export class StoreClosedError extends StoreError {
  declare readonly code: "ERR_PLASMID_CLOSED";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_CLOSED", what, context, "open it again with Store.open()");
  }
}

/** This platform is not supported, or the built library is missing. */
export class PlatformError extends StoreError {
  declare readonly code: "ERR_PLASMID_PLATFORM";

  constructor(what: string, context?: FailureContext, advice?: string) {
    super("ERR_PLASMID_PLATFORM", what, context, advice);
  }
}

/** The file system behind the store has no room. */
export class NoSpaceError extends StoreError {
  declare readonly code: "ERR_PLASMID_NO_SPACE";

  constructor(what: string, context?: FailureContext) {
    super(
      "ERR_PLASMID_NO_SPACE",
      what,
      context,
      "make room in it, ask for a smaller capacity, or mount a larger one (a container's /dev/shm is often 64 MB: --shm-size)",
    );
  }
}

/** A system call failed. */
export class SystemError extends StoreError {
  declare readonly code: "ERR_PLASMID_SYSTEM";

  constructor(what: string, context?: FailureContext, advice?: string) {
    super("ERR_PLASMID_SYSTEM", what, context, advice);
  }
}

/** The store exists with another capacity. */
export class CapacityError extends StoreError {
  declare readonly code: "ERR_PLASMID_CAPACITY";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_CAPACITY", what, context, "open it without a capacity to take it as it is");
  }
}

/** The store exists with other folders to spill to, or other limits. */
export class SpillOptionsError extends StoreError {
  declare readonly code: "ERR_PLASMID_SPILL_OPTIONS";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_SPILL_OPTIONS", what, context, "open it without `spill` to take it as it is");
  }
}

/** The disk failed, or is full: an object could not be spilled, or read back. Nothing is lost; it may be tried again. */
export class SpillError extends StoreError {
  declare readonly code: "ERR_PLASMID_SPILL";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_SPILL", what, context, "look after the disk that the store spills to");
  }
}

/** As many subscriptions are open as one Store may have. */
export class SubscriptionsFullError extends StoreError {
  declare readonly code: "ERR_PLASMID_SUBSCRIPTIONS_FULL";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_SUBSCRIPTIONS_FULL", what, context, "end some: leave their loops, or call return()");
  }
}

/** There is no store of this name. */
export class StoreNotFoundError extends StoreError {
  declare readonly code: "ERR_PLASMID_NO_STORE";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_NO_STORE", what, context, "Store.list() says which there are");
  }
}

/** The name of a store or of an object is not allowed. */
export class BadNameError extends StoreError {
  declare readonly code: "ERR_PLASMID_BAD_NAME";

  constructor(what: string, context?: FailureContext, advice?: string) {
    super("ERR_PLASMID_BAD_NAME", what, context, advice);
  }
}

/** A forked child tried to use its parent's store. */
export class ForkedError extends StoreError {
  declare readonly code: "ERR_PLASMID_FORKED";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_FORKED", what, context, "open the store anew in the child");
  }
}

/** The segment breaks one of its invariants. */
export class CorruptError extends StoreError {
  declare readonly code: "ERR_PLASMID_CORRUPT";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_CORRUPT", what, context, "keep the file for a report, then Store.destroy() it");
  }
}

/** This process is out of memory. */
export class OutOfMemoryError extends StoreError {
  declare readonly code: "ERR_PLASMID_NO_MEMORY";

  constructor(what: string, context?: FailureContext, advice?: string) {
    super("ERR_PLASMID_NO_MEMORY", what, context, advice);
  }
}

/** The object has no pin to take off. */
export class NotPinnedError extends StoreError {
  declare readonly code: "ERR_PLASMID_NOT_PINNED";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_NOT_PINNED", what, context, "each pin is taken off once; objects() shows how many there are");
  }
}

/** The draft is none any more: aborted, or its store was closed. */
export class NotDraftError extends StoreError {
  declare readonly code: "ERR_PLASMID_NOT_DRAFT";

  constructor(what: string, context?: FailureContext) {
    super("ERR_PLASMID_NOT_DRAFT", what, context, "allocate another");
  }
}
