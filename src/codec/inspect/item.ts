import * as c from "../constants.ts";
import { elementStep, memberStep, type Step } from "../path.ts";
import { ELEMENT_BYTES, viewName } from "../typed-array.ts";
import { compositeByCode } from "../types/registry.ts";
import type { Bytes } from "./bytes.ts";
import { EXTENSIONS, type How } from "./kinds.ts";

/** What stands at some place of a message. */
export interface Item {
  readonly type: string;
  /** The value in few words; null if that says nothing. */
  readonly preview: string | null;
  readonly how: How;
  /** The value, of texts and numbers: a key. */
  readonly value?: unknown;
  /** How many values follow that belong to it, and how to get to them. */
  readonly count: number;
  readonly step: Step;
  /** Where it has to end; -1 if that depends on what is in it. */
  readonly end: number;
  /** Which buffer it stands for; -1 for none. */
  readonly buffer: number;
}

const noStep: Step = () => "";
const LONGEST = 60;

function leaf(type: string, preview: string | null, value?: unknown, how: How = "copied"): Item {
  return { type, preview, how, value, count: 0, step: noStep, end: -1, buffer: -1 };
}

function container(type: string, count: number, step: Step, end = -1, how: How = "copied"): Item {
  return { type, preview: null, how, count, step, end, buffer: -1 };
}

/** Reads the next item, or the header of one. */
export function readItem(bytes: Bytes): Item {
  const arrayCount = bytes.sizeOf(false);
  if (arrayCount >= 0) return container(plural(arrayCount, "array", "element"), arrayCount, elementStep);
  const mapCount = bytes.sizeOf(true);
  if (mapCount >= 0) return container(plural(mapCount, "object", "property"), mapCount * 2, memberStep);
  const lead = bytes.uint(1);
  if (lead < 0x80) return number(lead);
  if (lead >= 0xe0) return number(lead - 0x100);
  if (lead < c.NIL) return text(bytes.text(lead & 0x1f));
  if (c.isExt(lead)) return readExtension(bytes, bytes.extSize(lead), bytes.uint(1));
  if (lead <= c.TRUE) return leaf(String(WORDS[lead - c.NIL]), null, null);
  if (lead <= c.BIN32) return skipped(bytes, bytes.uint(1 << (lead - c.BIN8)), "Uint8Array");
  if (lead <= c.FLOAT64) return number(bytes.float(lead === c.FLOAT32 ? 4 : 8));
  if (lead <= c.UINT64) return number(bytes.uint(1 << (lead - c.UINT8)));
  if (lead <= c.INT64) return number(bytes.int(1 << (lead - c.INT8)));
  return text(bytes.text(bytes.uint(1 << (lead - c.STR8))));
}

const WORDS = ["null", "a byte that is never used", "false", "true"];

function number(value: number): Item {
  return leaf("number", Object.is(value, -0) ? "-0" : String(value), value);
}

function text(value: string): Item {
  return leaf("text", quote(value), value);
}

function quote(value: string): string {
  return JSON.stringify(value.length <= LONGEST ? value : `${value.slice(0, LONGEST)}…`);
}

function skipped(bytes: Bytes, size: number, name: string): Item {
  bytes.skip(size);
  return leaf(`${name}(${size})`, null);
}

/** `array, 3 elements`. */
function plural(count: number, name: string, unit: string): string {
  const units = unit === "property" ? "properties" : `${unit}s`;
  return `${name}, ${count} ${count === 1 ? unit : units}`;
}

function readExtension(bytes: Bytes, size: number, code: number): Item {
  const start = bytes.p;
  const end = start + size;
  if (end > bytes.bytes.length) bytes.fail("the message is cut off");
  const [name, how = "copied"] = EXTENSIONS.get(code) ?? [
    `unknown extension type ${code < 0x80 ? code : code - 0x100}`,
  ];
  const item = readPayload(bytes, size, code, name, how);
  if (item.count === 0 && item.end < 0) bytes.p = end;
  return item;
}

type PayloadReader = (bytes: Bytes, size: number, name: string, how: How) => Item;

const index: PayloadReader = (bytes, size, name, how) => leaf(name, String(bytes.uint(size)), undefined, how);

const onePart: PayloadReader = (bytes, size, name) => container(name, 1, noStep, bytes.p + size);

const elements: PayloadReader = (bytes, size, name, how) => {
  const kind = bytes.uint(1);
  const count = (size - 1) / (ELEMENT_BYTES[kind] ?? 1);
  return leaf(plural(count, name, "element"), viewName(kind), undefined, how);
};

/** Extensions that say something of themselves, and those whose parts are no array or map. */
const READERS: ReadonlyMap<number, PayloadReader> = new Map<number, PayloadReader>([
  [c.EXT_CONSTANT, bytes => leaf(bytes.uint(1) === c.CONSTANT_HOLE ? "hole" : "undefined", null)],
  [
    c.EXT_WIDE_TEXT,
    (bytes, size, name) => {
      const value = bytes.wide(size);
      return leaf(name, quote(value), value);
    },
  ],
  [c.EXT_BACK_REFERENCE, index],
  [c.EXT_REFERENCE, index],
  [
    c.EXT_OUT_OF_BAND,
    (bytes, size, name, how) => {
      const buffer = bytes.uint(size);
      return { ...leaf(`${name} ${buffer}`, "out of band", undefined, how), buffer };
    },
  ],
  [c.EXT_NAMED, (bytes, _size, name, how) => leaf(name, JSON.stringify(bytes.string()), undefined, how)],
  [
    c.EXT_INLINE_VIEW,
    (bytes, size) => {
      const kind = bytes.uint(1);
      return leaf(`${viewName(kind)}(${(size - 1) / (ELEMENT_BYTES[kind] ?? 1)})`, null);
    },
  ],
  [
    c.EXT_VIEW,
    (bytes, size) => {
      const end = bytes.p + size;
      const kind = bytes.uint(1);
      const at = bytes.count();
      return container(`${viewName(kind)}(${bytes.count()})${at === 0 ? "" : ` at byte ${at}`}`, 1, noStep, end);
    },
  ],
  [c.EXT_PACKED_ARRAY, onePart],
  [c.EXT_PACKED_SET, onePart],
  [
    c.EXT_PACKED_MAP,
    (bytes, size, name) => container(name, 2, at => (at === 0 ? ".keys()" : ".values()"), bytes.p + size),
  ],
  [c.EXT_RECORDS, (bytes, size, name) => readRecords(bytes, name, bytes.p + size)],
  [c.EXT_ARRAYS, (bytes, size, name) => readArrays(bytes, name, bytes.p + size)],
  [c.EXT_NUMBERS, elements],
  [c.EXT_DATES, elements],
  [c.EXT_BACK_REFERENCES, elements],
  [
    c.EXT_TEXTS,
    (bytes, _size, name) => {
      bytes.uint(1);
      return leaf(plural(bytes.count(), name, "element"), null);
    },
  ],
]);

function readPayload(bytes: Bytes, size: number, code: number, name: string, how: How): Item {
  const reader = READERS.get(code);
  if (reader !== undefined) return reader(bytes, size, name, how);
  const type = compositeByCode[code];
  if (type === undefined) return leaf(name, null, undefined, how);
  const end = bytes.p + size;
  const parts = bytes.sizeOf(type.pairs);
  if (parts < 0) bytes.fail(`${name} holds ${type.pairs ? "a map" : "an array"}`);
  const count = type.pairs ? parts * 2 : parts;
  return container(code === c.EXT_MAP || code === c.EXT_SET ? `${name}(${parts})` : name, count, type.step, end, how);
}

function readArrays(bytes: Bytes, name: string, end: number): Item {
  const kind = bytes.uint(1);
  const count = bytes.count();
  bytes.skip(count * (ELEMENT_BYTES[kind] ?? 1));
  return container(plural(count, name, "element"), 1, () => "[][]", end);
}

function readRecords(bytes: Bytes, name: string, end: number): Item {
  const count = bytes.sizeOf(false);
  if (count < 0) bytes.fail("the keys of records are expected");
  const keys: string[] = [];
  for (let i = 0; i < count; i++) keys.push(bytes.string());
  const type = plural(bytes.count(), name, "element");
  return container(type, count, index => `[]${memberStep(1, keys[index])}`, end);
}
