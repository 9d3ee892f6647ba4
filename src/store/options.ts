import { resolve } from "node:path";
import { InvalidArgumentError } from "../errors.ts";
import { OpenFlag } from "../native/code.ts";
import type { OpenSettings, SpillSettings } from "../native/segment.ts";
import { parseSize, type Size } from "./size.ts";

/** PM_SPILL_FOLDERS. */
const MOST_FOLDERS = 8;

/** Where objects go when memory is short. */
export interface SpillOptions {
  /** One to eight absolute paths, of at most 255 bytes. In each the store makes a folder of its own, for this user alone. */
  folders: string | readonly string[];
  /** The most that all files may take together, of which a sixteenth is kept for rewriting them. No limit by default. */
  limit?: Size;
  /** Of a file that holds several objects: 64 MiB by default, at least 64 KiB; never more than the capacity, or a sixteenth of `limit`. A larger object has a
   * file of its own. */
  fileBytes?: Size;
}

/** How a store is opened. What only its making decides is ignored when it is there already, but for the capacity. */
export interface OpenOptions {
  /**
   * Of the heap, in bytes or as text like `"2GiB"`. Without it an existing store is taken as it is, and a new one gets 1 GiB, or
   * half of what the folder's file system holds if that is less. At least 1 MiB.
   */
  capacity?: Size;
  /** Objects at most: capacity / 256 by default, at least 4,096; from 16 to 2^30. Decided when the store is made. */
  maxObjects?: number;
  /** Processes at most: 64 by default, 1,024 possible. Decided when the store is made. */
  maxClients?: number;
  /** An absolute path: `/dev/shm/plasmid-<uid>` by default. Any tmpfs does; a folder on a disk works, with a warning. */
  directory?: string;
  /** `"explicit"` (default): until `Store.destroy`. `"last-close"`: until its last process ends. Decided when it is made. */
  lifetime?: "explicit" | "last-close";
  /** How long a call waits for the store's lock when its holder is alive but stopped: 5,000 by default. */
  lockTimeoutMs?: number;
  /** How long a synchronous put may block for room: 100 by default. */
  fullTimeoutMs?: number;
  /**
   * The most that the objects which this process makes may take together, in bytes or as text like `"256MiB"`. Over it, a put first drops
   * its own unreferenced objects, the least recently used first; when it has none left, StoreFullError. None by default. The first
   * Store that a process has on a store decides.
   */
  quota?: Size;
  /**
   * A folder, or several, to which objects go that are referenced and not in use when there is no room for another; they come back when
   * they are read. Decided when the store is made, and known to every process: to open it with others is SpillOptionsError.
   */
  spill?: string | readonly string[] | SpillOptions;
  /**
   * Whether functions and classes may be put and got by value, as text. Getting one evaluates it, so whoever may put may run anything
   * here. False by default; each process decides for itself.
   */
  code?: boolean;
  /**
   * Remembers which line of the program put each object (the last 65,536 of this Store), for `objects()` and `usage()`. A put then costs
   * some microseconds more. False by default.
   */
  callSites?: boolean;
  /**
   * What a write through a view does. `"copy"` (default): the process gets pages of its own; it alone sees the write, and is warned.
   * `"trap"`: it ends, with a message that names the object. Holds for all that this process has open on the store, from then on.
   */
  readonly?: "copy" | "trap";
  /** Don't make the store: StoreNotFoundError if it is not there. */
  mustExist?: boolean;
}

/**
 * What the core is to be told.
 *
 * @throws InvalidArgumentError if an option is out of range.
 */
export function openSettings(options: OpenOptions): OpenSettings {
  const { lifetime = "explicit", mustExist = false, readonly = "copy" } = options;
  if (lifetime !== "explicit" && lifetime !== "last-close") {
    throw new InvalidArgumentError(`lifetime is ${JSON.stringify(lifetime)}`, {}, 'give "explicit" or "last-close"');
  }
  if (readonly !== "copy" && readonly !== "trap") {
    throw new InvalidArgumentError(`readonly is ${JSON.stringify(readonly)}`, {}, 'give "copy" or "trap"');
  }
  return {
    capacity: options.capacity === undefined ? 0 : parseSize(options.capacity),
    maxObjects: whole(options, "maxObjects", 16, 2 ** 30),
    maxClients: whole(options, "maxClients", 1, 1024),
    lockTimeoutMs: whole(options, "lockTimeoutMs", 1, 2 ** 31 - 1),
    quota: quotaOf(options),
    spill: spillOf(options),
    flags:
      (mustExist ? OpenFlag.EXISTING : 0) |
      (lifetime === "last-close" ? OpenFlag.LAST_CLOSE : 0) |
      (readonly === "trap" ? OpenFlag.TRAP : 0),
  };
}

function spillOf({ spill }: OpenOptions): SpillSettings | undefined {
  if (spill === undefined || spill === null) return undefined;
  const given: SpillOptions = typeof spill === "string" || isList(spill) ? { folders: spill } : spill;
  const folders = typeof given.folders === "string" ? [given.folders] : given.folders;
  const bad = Array.isArray(folders) ? folders.findIndex(isNoFolder) : -1;
  if (!Array.isArray(folders) || bad >= 0 || folders.length === 0 || folders.length > MOST_FOLDERS) {
    const count = Array.isArray(folders) ? folders.length : "no list of";
    const what = bad >= 0 ? `spill to ${JSON.stringify(folders[bad])}` : `${count} folders to spill to`;
    throw new InvalidArgumentError(what, {}, "give one to eight absolute paths of at most 255 bytes each");
  }
  checkDifferent(folders);
  return {
    folders,
    limit: given.limit === undefined ? 0 : someBytes("the limit of spill", given.limit, "no limit"),
    fileBytes: given.fileBytes === undefined ? 0 : someBytes("fileBytes", given.fileBytes, "the default"),
  };
}

// They take turns: one that is there twice is a slip, and would get twice its share.
function checkDifferent(folders: readonly string[]): void {
  const places = folders.map(folder => resolve(folder));
  const twice = places.find((place, i) => places.indexOf(place) !== i);
  if (twice === undefined) return;
  throw new InvalidArgumentError(`${JSON.stringify(twice)} is given twice to spill to`, {}, "name each folder once");
}

function isList(spill: readonly string[] | SpillOptions): spill is readonly string[] {
  return Array.isArray(spill);
}

function isNoFolder(folder: unknown): boolean {
  return (
    typeof folder !== "string" || !folder.startsWith("/") || folder.includes("\0") || Buffer.byteLength(folder) > 255
  );
}

function quotaOf({ quota }: OpenOptions): number {
  return quota === undefined ? 0 : someBytes("quota", quota, "no quota");
}

// The core takes 0 for what was not given.
function someBytes(what: string, size: Size, otherwise: string): number {
  const bytes = parseSize(size);
  if (bytes > 0) return bytes;
  throw new InvalidArgumentError(
    `${what} is ${size}`,
    {},
    `give bytes, more than 0; or leave it out, for ${otherwise}`,
  );
}

/** The `fullTimeoutMs` of options. @throws InvalidArgumentError if it is out of range. */
export function fullTimeoutOf(options: OpenOptions): number {
  return options.fullTimeoutMs === undefined ? 100 : whole(options, "fullTimeoutMs", 0, 2 ** 31 - 1);
}

type Whole = "maxObjects" | "maxClients" | "lockTimeoutMs" | "fullTimeoutMs";

function whole(options: OpenOptions, name: Whole, least: number, most: number): number {
  const value = options[name];
  if (value === undefined) return 0;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`${name} is ${value}`, {}, `give a whole number from ${least} to ${most}`);
}

/** How an object is put. */
export interface PutOptions {
  /** Binds the object to this name: 1 to 512 bytes of UTF-8, no `/` at either end, no `..` segment. */
  name?: string;
  /** Rebinds the name if it is taken, in one step. */
  replace?: boolean;
  /** Seals it with one pin: it stays, whoever lives, until `unpin` or `free`. */
  pin?: boolean;
}
