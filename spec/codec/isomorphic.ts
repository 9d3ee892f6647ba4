import { types } from "node:util";

// Whether two values are the same graph: not deep equality, which calls a graph and its unfolding equal.

/** Where a pair stands: the text of a path 100,000 steps long is made for the one that differs, not for each. */
interface Place {
  readonly above: Place | null;
  readonly step: string;
}

/** One pair to compare, and where it stands. */
interface Pair extends Place {
  readonly left: unknown;
  readonly right: unknown;
}

/** What comparing one kind of object adds: pairs below it, or the difference as text. */
type Compare = (left: never, right: never, graph: Comparison, place: Place) => string | null;

/** What is not looked at. */
export interface Ignoring {
  /** Which buffers the views are on: other libraries give views of the message. False by default. */
  buffers?: boolean;
  /** Whether properties can be written and configured: plain objects are not asked for that, property by property. False by default. */
  flags?: boolean;
}

/** What differs where; null if nothing does. */
export function difference(left: unknown, right: unknown, ignoring: Ignoring = {}): string | null {
  return new Comparison(ignoring).run(left, right);
}

/**
 * Walks two graphs side by side. They are the same if there is a one-to-one map of objects to objects under which everything that a
 * program can see agrees: types, prototypes, own properties with their order and flags, holes, -0, contents, frozen state, buffers that
 * views share and how far apart the views are.
 */
class Comparison {
  private readonly queue: Pair[] = [];
  private readonly twins = new Map<object, object>();
  private readonly back = new Map<object, object>();
  /** Buffers that the value itself holds: these are whole. */
  readonly held = new Set<object>();
  /** How far the views of a buffer moved towards its start: what no view shows need not be there. */
  private readonly shifts = new Map<object, { bytes: number; place: Place }>();

  constructor(readonly ignoring: Ignoring) {}

  run(left: unknown, right: unknown): string | null {
    const { queue } = this;
    queue.push({ left, right, above: null, step: "$" });
    for (let at = 0; at < queue.length; at++) {
      const found = this.compare(queue[at]!);
      if (found !== null) return `${pathOf(queue[at]!)}: ${found}`;
    }
    return null;
  }

  also(left: unknown, right: unknown, above: Place, step: string): void {
    this.queue.push({ left, right, above, step });
  }

  /** Pairs two objects; the difference if one of them has another partner. True if they were paired before. */
  pair(left: object, right: object): string | boolean {
    if (!this.twins.has(left) && !this.back.has(right)) {
      this.twins.set(left, right);
      this.back.set(right, left);
      return false;
    }
    if (this.twins.get(left) === right && this.back.get(right) === left) return true;
    return this.twins.has(left) ? "is two objects, not one" : "is one object, not two";
  }

  /** Notes that views of a buffer are this many bytes further left on the right side. */
  shift(buffer: object, bytes: number, place: Place): string | null {
    const known = this.shifts.get(buffer);
    if (known === undefined) this.shifts.set(buffer, { bytes, place });
    else if (known.bytes !== bytes) return `its distance from ${pathOf(known.place)} in their buffer differs`;
    return null;
  }

  private compare(pair: Pair): string | null {
    const { left, right } = pair;
    if (!isObject(left) || !isObject(right)) {
      return Object.is(left, right) ? null : `${show(right)}, not ${show(left)}`;
    }
    const paired = this.pair(left, right);
    if (typeof paired === "string") return paired;
    // A view may have brought its buffer before the value itself did.
    if (paired && (!types.isAnyArrayBuffer(left) || this.held.has(left))) return null;
    if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return "another prototype";
    if (Array.isArray(left) !== Array.isArray(right)) return "only one of them is an array";
    if (typeof left === "function") {
      if (left !== right && String(left) !== String(right)) return "another function";
    }
    for (const state of ["isFrozen", "isSealed", "isExtensible"] as const) {
      if (Object[state](left) !== Object[state](right)) return `Object.${state}() differs`;
    }
    return this.compareContents(left, right, pair) ?? this.compareProperties(left, right, pair);
  }

  private compareContents(left: object, right: object, place: Place): string | null {
    const kind = CONTENTS.findIndex(([is]) => is(left));
    if (kind !== CONTENTS.findIndex(([is]) => is(right))) return "one of them has the prototype, but is none";
    return kind < 0 ? null : CONTENTS[kind]![1](left as never, right as never, this, place);
  }

  private compareProperties(left: object, right: object, place: Place): string | null {
    if (left === right) return null;
    const mine = namesOf(left);
    const theirs = namesOf(right);
    const length = Math.max(mine.length, theirs.length);
    for (let i = 0; i < length; i++) {
      if (mine[i] !== theirs[i]) return `its property ${i} is ${label(theirs[i])}, not ${label(mine[i])}`;
    }
    for (const name of mine) {
      const here = Object.getOwnPropertyDescriptor(left, name)!;
      const there = Object.getOwnPropertyDescriptor(right, name)!;
      for (const flag of this.ignoring.flags === true ? KEPT_FLAGS : ALL_FLAGS) {
        if (here[flag] !== there[flag]) return `${label(name)} differs in being ${flag}`;
      }
      const step = typeof name === "string" ? `.${name}` : `[${String(name)}]`;
      this.also(here.value, there.value, place, step);
      if (here.get !== there.get) this.also(here.get, there.get, place, `${step} (get)`);
      if (here.set !== there.set) this.also(here.set, there.set, place, `${step} (set)`);
    }
    return null;
  }
}

const KEPT_FLAGS = ["enumerable"] as const;
const ALL_FLAGS = ["enumerable", "configurable", "writable"] as const;

function pathOf(place: Place): string {
  const steps: string[] = [];
  for (let at: Place | null = place; at !== null; at = at.above) steps.push(at.step);
  return steps.reverse().join("");
}

/** What objects hold beside properties. The first that fits counts. */
const CONTENTS: readonly (readonly [(value: object) => boolean, Compare])[] = [
  [types.isMap, compareEntries],
  [types.isSet, compareMembers],
  [types.isDate, (a: Date, b: Date) => compareText(dateTime(a), dateTime(b), "its time")],
  [types.isArrayBufferView, compareViews],
  [types.isAnyArrayBuffer, compareBuffers],
  [types.isBoxedPrimitive, (a: object, b: object) => compareText(unbox(a), unbox(b), "its value")],
  [types.isRegExp, (a: RegExp, b: RegExp) => compareText(String(a), String(b), "its pattern")],
  [value => value instanceof URL, (a: URL, b: URL) => compareText(a.href, b.href, "its address")],
  [
    value => value instanceof URLSearchParams,
    (a: URLSearchParams, b: URLSearchParams) => compareText(String(a), String(b), "its parameters"),
  ],
  [
    value => value instanceof Headers,
    (a: Headers, b: Headers) => compareText(JSON.stringify([...a]), JSON.stringify([...b]), "its headers"),
  ],
  [
    value => value instanceof DOMException,
    (a: DOMException, b: DOMException) => compareText(`${a.name}: ${a.message}`, `${b.name}: ${b.message}`, "it"),
  ],
  [value => String(tagOf(value)).startsWith("Temporal."), (a, b) => compareText(String(a), String(b), "its time")],
];

function compareText(left: unknown, right: unknown, what: string): string | null {
  return Object.is(left, right) ? null : `${what} is ${String(right)}, not ${String(left)}`;
}

function compareEntries(left: Map<unknown, unknown>, right: Map<unknown, unknown>, graph: Comparison, place: Place) {
  if (left.size !== right.size) return `${right.size} entries, not ${left.size}`;
  const theirs = [...Map.prototype.entries.call(right)];
  let i = 0;
  for (const [key, value] of Map.prototype.entries.call(left)) {
    graph.also(key, theirs[i]![0], place, `.keys()[${i}]`);
    graph.also(value, theirs[i]![1], place, `.values()[${i}]`);
    i++;
  }
  return null;
}

function compareMembers(left: Set<unknown>, right: Set<unknown>, graph: Comparison, place: Place) {
  if (left.size !== right.size) return `${right.size} members, not ${left.size}`;
  const theirs = [...Set.prototype.values.call(right)];
  let i = 0;
  for (const member of Set.prototype.values.call(left)) graph.also(member, theirs[i], place, `.values()[${i++}]`);
  return null;
}

function compareViews(left: ArrayBufferView, right: ArrayBufferView, graph: Comparison, place: Place) {
  if (left.byteLength !== right.byteLength) return `${right.byteLength} bytes, not ${left.byteLength}`;
  const [mine, theirs] = [bytesOf(left), bytesOf(right)];
  if (Buffer.compare(mine, theirs) !== 0) return "its bytes differ";
  if (tracksLength(left) !== tracksLength(right)) return "only one of them tracks the length of its buffer";
  if (graph.ignoring.buffers === true) return null;
  const paired = graph.pair(left.buffer, right.buffer);
  if (typeof paired === "string") return `its buffer ${paired}`;
  const kinds = compareBufferKinds(left.buffer, right.buffer);
  return kinds ?? graph.shift(left.buffer, left.byteOffset - right.byteOffset, place);
}

/** A buffer that the value holds itself is whole, wherever views of it are. */
function compareBuffers(left: ArrayBufferLike, right: ArrayBufferLike, graph: Comparison, place: Place) {
  if (left.byteLength !== right.byteLength) return `${right.byteLength} bytes, not ${left.byteLength}`;
  if (Buffer.compare(new Uint8Array(left), new Uint8Array(right)) !== 0) return "its bytes differ";
  graph.held.add(left);
  return compareBufferKinds(left, right) ?? graph.shift(left, 0, place);
}

function compareBufferKinds(left: ArrayBufferLike, right: ArrayBufferLike): string | null {
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return "another kind of buffer";
  const [mine, theirs] = [left, right].map(buffer => ("resizable" in buffer ? buffer.resizable : buffer.growable));
  if (mine !== theirs) return "only one of the buffers can be resized";
  return mine && left.maxByteLength !== right.maxByteLength ? "its buffer has another maximum" : null;
}

/** Whether a view grows with its buffer; found out by trying, for nothing tells. */
export function tracksLength(view: ArrayBufferView): boolean {
  const buffer = view.buffer as ArrayBuffer;
  const { byteLength } = buffer;
  if (!buffer.resizable || byteLength + 8 > buffer.maxByteLength) return false;
  const before = view.byteLength;
  buffer.resize(byteLength + 8);
  const tracks = view.byteLength !== before;
  buffer.resize(byteLength);
  return tracks;
}

/** Where an Error was made differs from process to process; JavaScriptCore keeps it in these properties. */
const PLACES = new Set<PropertyKey>(["stack", "line", "column", "sourceURL", "originalLine", "originalColumn"]);

/** Own properties in order; not the elements of a view, which its bytes are. */
function namesOf(object: object): PropertyKey[] {
  const names = Reflect.ownKeys(object);
  if (object instanceof Error) return names.filter(name => !PLACES.has(name)).sort(byKind);
  if (!ArrayBuffer.isView(object) || object instanceof DataView) return names;
  return names.slice((object as Uint8Array).length);
}

/** The order of an Error's `message` and `cause` depends on who made them; its own members keep theirs. */
function byKind(a: PropertyKey, b: PropertyKey): number {
  return kindOf(a) - kindOf(b);
}
const kindOf = (name: PropertyKey) => ["name", "message", "cause", "errors"].indexOf(String(name)) >>> 0;

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";
const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const tagOf = (value: object) => (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
const dateTime = (date: Date) => Date.prototype.getTime.call(date);

const BOXES = [Number, String, Boolean, BigInt, Symbol].map(({ prototype }) => prototype.valueOf as () => unknown);

function unbox(value: object): unknown {
  for (const unboxed of BOXES) {
    try {
      return unboxed.call(value);
    } catch {
      // The next kind of box.
    }
  }
  return undefined;
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : Bun.inspect(value, { depth: 0 }).slice(0, 200);
}

function label(name: PropertyKey | undefined): string {
  return name === undefined ? "missing" : typeof name === "symbol" ? String(name) : JSON.stringify(name);
}
