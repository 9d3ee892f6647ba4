import * as c from "./constants.ts";
import { elementStep, formatPath, memberStep, type Step } from "./path.ts";
import { readText } from "./text.ts";
import { compositeByCode } from "./types/registry.ts";

/** A container on the way to the bad byte. Of one with keys these are children too; `key` is the child before the last one. */
interface Level {
  readonly step: Step;
  readonly count: number;
  next: number;
  key: unknown;
  last: unknown;
}

/** What stands at some place: where it ends, or where its children start. */
interface Item {
  readonly next: number;
  readonly level: Level | null;
  /** The value, if it is one that a path can show. */
  readonly value?: unknown;
}

/**
 * The path to the value in `bytes[start, end)` that byte `at` belongs to. The decoder does not keep track of where it is, for that would
 * cost every value something; when it has found a bad byte, this walks once more through the good ones before it, and stops at
 * whatever it does not understand.
 */
export function locate(bytes: Uint8Array, start: number, end: number, at: number): string {
  const stack: Level[] = [{ step: () => "", count: 1, next: 0, key: undefined, last: undefined }];
  let p = bytesBeforeRoot(bytes, start, end);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next === top.count) {
      stack.pop();
      continue;
    }
    top.next++;
    top.key = top.last;
    const item = readItem(bytes, p, end);
    if (item === null || at < item.next) break;
    top.last = item.value;
    if (item.level !== null) stack.push(item.level);
    p = item.next;
  }
  return formatPath(stack.map(level => level.step(level.next - 1, level.key)));
}

/** Where the root starts: a graph has a header and a version before it. */
function bytesBeforeRoot(bytes: Uint8Array, start: number, end: number): number {
  const lead = bytes[start]!;
  if (lead < c.EXT8 || lead > c.EXT32) return start;
  const code = start + 1 + (1 << (lead - c.EXT8));
  return code < end && bytes[code] === c.EXT_GRAPH ? code + 2 : start;
}

function readItem(bytes: Uint8Array, p: number, end: number): Item | null {
  if (p >= end) return null;
  const lead = bytes[p]!;
  if (lead < c.FIXMAP) return { next: p + 1, level: null, value: lead };
  if (lead < c.FIXARRAY) return container(p + 1, lead & 0x0f, true);
  if (lead < c.FIXSTR) return container(p + 1, lead & 0x0f, false);
  if (lead < c.NIL) return text(bytes, p + 1, lead & 0x1f, end);
  if (lead >= 0xe0) return { next: p + 1, level: null, value: lead - 0x100 };
  if (c.isExt(lead)) return extension(bytes, p, end, lead);
  const width = SIZE_BYTES[lead];
  if (width !== undefined) {
    const size = bigEndian(bytes, p + 1, width);
    const body = p + 1 + width;
    if (lead >= c.MAP16) return container(body, size, true);
    if (lead >= c.ARRAY16) return container(body, size, false);
    if (lead >= c.STR8) return text(bytes, body, size, end);
    return { next: body + size, level: null };
  }
  return { next: p + 1 + (SCALAR_BYTES[lead] ?? 0), level: null };
}

function container(next: number, size: number, keyed: boolean): Item {
  const count = keyed ? size * 2 : size;
  return { next, level: { step: keyed ? memberStep : elementStep, count, next: 0, key: undefined, last: undefined } };
}

function text(bytes: Uint8Array, p: number, size: number, end: number): Item {
  const next = p + size;
  return { next, level: null, value: next <= end ? readText(bytes, p, next) : undefined };
}

function extension(bytes: Uint8Array, p: number, end: number, lead: number): Item {
  const width = lead <= c.EXT32 ? 1 << (lead - c.EXT8) : 0;
  const size = width === 0 ? 1 << (lead - c.FIXEXT1) : bigEndian(bytes, p + 1, width);
  const body = p + width + 2;
  const code = bytes[body - 1];
  // Paths name properties by symbols, too: after the byte for its kind, the symbol's name.
  if (code === c.EXT_SYMBOL)
    return { next: body + size, level: null, value: Symbol(String(readItem(bytes, body + 1, end)?.value)) };
  const type = compositeByCode[code!];
  if (type === undefined || body > end) return { next: body + size, level: null };
  const parts = readItem(bytes, body, end);
  if (parts === null || parts.level === null) return { next: body + size, level: null };
  return { next: parts.next, level: { ...parts.level, step: type.step } };
}

/** Bytes of the length that follows a first byte. */
const SIZE_BYTES: Readonly<Record<number, number>> = {
  [c.BIN8]: 1,
  [c.BIN16]: 2,
  [c.BIN32]: 4,
  [c.STR8]: 1,
  [c.STR16]: 2,
  [c.STR32]: 4,
  [c.ARRAY16]: 2,
  [c.ARRAY32]: 4,
  [c.MAP16]: 2,
  [c.MAP32]: 4,
};

/** Bytes of the number that follows a first byte. */
const SCALAR_BYTES: Readonly<Record<number, number>> = {
  [c.UINT8]: 1,
  [c.UINT16]: 2,
  [c.UINT32]: 4,
  [c.UINT64]: 8,
  [c.INT8]: 1,
  [c.INT16]: 2,
  [c.INT32]: 4,
  [c.INT64]: 8,
  [c.FLOAT32]: 4,
  [c.FLOAT64]: 8,
};

function bigEndian(bytes: Uint8Array, p: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 0x100 + bytes[p + i]!;
  return value;
}
