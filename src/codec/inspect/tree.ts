import * as c from "../constants.ts";
import { DecodeError } from "../errors.ts";
import { formatPath } from "../path.ts";
import { Bytes } from "./bytes.ts";
import { type Item, readItem } from "./item.ts";
import type { How } from "./kinds.ts";

/** A part of a message, and what is in it. */
export interface Part {
  /** How one gets to it from what holds it: `.name`, `[3]`. */
  readonly step: string;
  readonly type: string;
  readonly preview: string | null;
  readonly how: How;
  /** Bytes in the message, all that is in it included. */
  bytes: number;
  /** Bytes in buffers out of band, all that is in it included; NaN if the buffers are not at hand. */
  shared: number;
  readonly parts: Part[];
  /** Parts that are not in `parts`, for there are too many. */
  hidden: number;
}

/** What a message consists of. */
export interface MessageTree {
  /** Whether something in it is referred back to. */
  readonly isGraph: boolean;
  readonly root: Part;
}

export interface TreeOptions {
  /** How many levels to keep; below them only bytes are counted. */
  depth: number;
  /** How many parts of each to keep. */
  items: number;
  /** The buffers out of band, for their sizes. */
  buffers?: ArrayLike<{ readonly byteLength: number }>;
}

/** Trees are printed by recursion. */
const MAX_DEPTH = 1000;

interface Level {
  readonly item: Item;
  readonly part: Part;
  readonly start: number;
  next: number;
  /** The value before the one that is being read, and that one: they may be keys. */
  key: unknown;
  last: unknown;
}

/**
 * Reads through a message without making its value: no class needs to be known, no code is run, and memory is bounded by the options.
 *
 * @throws DecodeError if it is none
 */
export function readTree(message: Uint8Array, options: TreeOptions): MessageTree {
  const bytes = new Bytes(message);
  if (message.length === 0) bytes.fail("nothing is here: no message is empty");
  const isGraph = openGraph(bytes);
  const stack: Level[] = [];
  const kept = { ...options, depth: Math.min(options.depth, MAX_DEPTH) };
  try {
    const root = enter(bytes, stack, "", kept);
    while (stack.length > 0) advance(bytes, stack, kept);
    if (bytes.p !== message.length) bytes.fail("bytes behind the end of the value");
    return { isGraph, root };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const path = formatPath(stack.map(({ item, next, key }) => (next === 0 ? "" : item.step(next - 1, key))));
    throw new DecodeError(error.message.replace(/ \(byte \d+, at \$\)$/, ""), error.offset, path);
  }
}

function openGraph(bytes: Bytes): boolean {
  const lead = bytes.bytes[0] ?? 0;
  if (lead < c.EXT8 || lead > c.EXT32) return false;
  bytes.p = 1;
  const size = bytes.extSize(lead);
  const here = bytes.bytes.length - bytes.p - 1;
  if (bytes.bytes[bytes.p] !== c.EXT_GRAPH) {
    bytes.p = 0;
    return false;
  }
  if (size > here) bytes.fail(`the message is cut off: ${size} bytes are announced, ${here} are here`);
  if (size < here) bytes.fail("bytes behind the end of the value", bytes.p + 1 + size);
  bytes.p++;
  const version = bytes.uint(1);
  if (version !== c.FORMAT_VERSION)
    bytes.fail(`format version ${version}; this one knows ${c.FORMAT_VERSION}`, bytes.p - 1);
  return true;
}

function advance(bytes: Bytes, stack: Level[], options: TreeOptions): void {
  const level = stack.at(-1)!;
  const { item, part } = level;
  if (level.next === item.count) {
    if (item.end >= 0 && bytes.p !== item.end) bytes.fail("an extension whose contents end elsewhere", level.start);
    part.bytes = bytes.p - level.start;
    stack.pop();
    const above = stack.at(-1);
    if (above !== undefined) above.part.shared += part.shared;
    return;
  }
  const index = level.next++;
  level.key = level.last;
  enter(bytes, stack, item.step(index, level.key), options);
}

/** Reads an item and hangs it below the level on top. */
function enter(bytes: Bytes, stack: Level[], step: string, options: TreeOptions): Part {
  const start = bytes.p;
  const above = stack.at(-1);
  const item = readItem(bytes);
  const { type, preview, how } = item;
  const shared = item.buffer < 0 ? 0 : (options.buffers?.[item.buffer]?.byteLength ?? Number.NaN);
  const part: Part = { step, type, preview, how, bytes: bytes.p - start, shared, parts: [], hidden: 0 };
  if (above !== undefined) {
    above.last = item.value;
    keep(part, item, above, stack.length, options);
  }
  if (item.count > 0) stack.push({ item, part, start, next: 0, key: undefined, last: undefined });
  else if (above !== undefined) above.part.shared += shared;
  return part;
}

/** Keys of an object are its steps. */
function keep(part: Part, item: Item, above: Level, depth: number, options: TreeOptions): void {
  const isKey = part.step === "" && item.count === 0 && item.buffer < 0;
  if (isKey) return;
  if (depth <= options.depth && above.part.parts.length < options.items) above.part.parts.push(part);
  else above.part.hidden++;
}
