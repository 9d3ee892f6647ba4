import { REFERENCE_MARK } from "../constants.ts";
import { setProperty } from "../property.ts";
import { isOrdinaryObject } from "../types/ordinary.ts";
import { makeCode, quoteKeys } from "./code.ts";
import { Made } from "./made.ts";

/** A column: what the records have under one key, in their order. */
export type Column = unknown[];

/** From objects to columns: the objects, each looked at once, or null if one is not plain or has other keys. */
type Gather = (objects: readonly unknown[], count: number, columns: readonly Column[]) => object[] | null;
/** From columns to objects. */
type Build = (columns: readonly Column[], count: number) => object[];
/** The same in two steps, so that columns can refer to the objects. */
type Shells = (count: number) => object[];
type Fill = (objects: readonly object[], columns: readonly Column[]) => void;

/** Compiling takes as long as some hundred objects do without. */
const COMPILED_OBJECTS = 500;

/** Objects with the same keys in the same order: how to take them apart and to put them together, with code made for them if it pays. */
export class Shape {
  private seen = 0;
  private code: { gather: Gather; build: Build; shells: Shells; fill: Fill } | null = null;

  private constructor(readonly keys: readonly string[]) {}

  /** The shape of objects with these keys. */
  static readonly of = new Made(keys => new Shape(keys)).of;

  /** Fills the columns, one for each key. Null if the objects are not all plain and of this shape; the columns are then worth nothing. */
  gather(objects: readonly unknown[], count: number, columns: readonly Column[]): object[] | null {
    const code = this.codeFor(count);
    return code === null ? gather(this.keys, objects, count, columns) : code.gather(objects, count, columns);
  }

  /** The objects that the columns describe. */
  build(columns: readonly Column[], count: number): object[] {
    const code = this.codeFor(count);
    if (code !== null) return code.build(columns, count);
    const objects = shells(count);
    fill(this.keys, objects, columns);
    return objects;
  }

  /** Objects that are to be filled later. */
  shells(count: number): object[] {
    return this.codeFor(count)?.shells(count) ?? shells(count);
  }

  /** Fills what `shells` made. */
  fill(objects: readonly object[], columns: readonly Column[]): void {
    // The code that made them has given them their keys in order; without it they have none yet.
    if (this.code === null) fill(this.keys, objects, columns);
    else this.code.fill(objects, columns);
  }

  private codeFor(count: number): NonNullable<typeof this.code> | null {
    if (this.code !== null) return this.code;
    this.seen += count;
    if (this.seen >= COMPILED_OBJECTS) {
      this.seen = 0;
      this.code = compile(this.keys);
    }
    return this.code;
  }
}

function gather(keys: readonly string[], objects: readonly unknown[], count: number, columns: readonly Column[]) {
  const found: object[] = new Array(count);
  for (let i = 0; i < count; i++) {
    const object = objects[i] as Record<string, unknown>;
    if (!isPlain(object)) return null;
    const own = Object.keys(object);
    if (own.length !== keys.length || !isOrdinaryObject(object, own.length)) return null;
    for (let k = 0; k < own.length; k++) if (own[k] !== keys[k]) return null;
    for (let k = 0; k < own.length; k++) columns[k]![i] = object[own[k]!];
    found[i] = object;
  }
  return found;
}

function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return (value as { [REFERENCE_MARK]?: unknown })[REFERENCE_MARK] !== true;
}

function shells(count: number): object[] {
  const objects: object[] = new Array(count);
  for (let i = 0; i < count; i++) objects[i] = {};
  return objects;
}

function fill(keys: readonly string[], objects: readonly object[], columns: readonly Column[]): void {
  for (let i = 0; i < objects.length; i++) {
    for (let k = 0; k < keys.length; k++) setProperty(objects[i] as Record<string, unknown>, keys[k]!, columns[k]![i]);
  }
}

/** The four functions as one would write them for these keys. */
function compile(keys: readonly string[]): Shape["code"] {
  const quoted = quoteKeys(keys);
  if (quoted === null) return null;
  const each = (line: (key: string, k: number) => string, between = " ") => quoted.map(line).join(between);
  const columns = `const ${each((_, k) => `c${k} = columns[${k}]`, ", ")};`;
  const body = `return {
    gather(objects, count, columns) {
      ${columns}
      const found = new Array(count);
      for (let i = 0; i < count; i++) {
        const o = objects[i];
        if (!isPlain(o)) return null;
        const keys = Object.keys(o);
        if (keys.length !== ${keys.length} || ${each((key, k) => `keys[${k}] !== ${key}`, " || ")}) return null;
        if (!isOrdinaryObject(o, ${keys.length})) return null;
        ${each((key, k) => `c${k}[i] = o[${key}];`)}
        found[i] = o;
      }
      return found;
    },
    build(columns, count) {
      ${columns}
      const objects = new Array(count);
      for (let i = 0; i < count; i++) objects[i] = { ${each((key, k) => `${key}: c${k}[i]`, ", ")} };
      return objects;
    },
    shells(count) {
      const objects = new Array(count);
      for (let i = 0; i < count; i++) objects[i] = { ${each(key => `${key}: undefined`, ", ")} };
      return objects;
    },
    fill(objects, columns) {
      ${columns}
      for (let i = 0; i < objects.length; i++) {
        const o = objects[i];
        ${each((key, k) => `o[${key}] = c${k}[i];`)}
      }
    },
  };`;
  return makeCode({ isPlain, isOrdinaryObject }, body);
}
