import { inspect } from "node:util";

/** Something in a value that can't be encoded. Prints as Ray's does. */
export class FailTuple {
  /** What it is called where it stands: a property, a captured variable, an index. */
  readonly name: string;
  /** Where it sits in the value: `$.workers[3].lock`. */
  readonly path: string;
  readonly obj: unknown;
  /** What holds it; undefined for the value itself. */
  readonly parent: unknown;
  /** Why, and what to do about it. */
  readonly reason: string;

  constructor(name: string, path: string, obj: unknown, parent: unknown, reason: string) {
    this.name = name;
    this.path = path;
    this.obj = obj;
    this.parent = parent;
    this.reason = reason;
  }

  toString(): string {
    return `FailTuple(${this.name} [path=${this.path}, obj=${show(this.obj)}, parent=${show(this.parent)}])`;
  }
}

const LONGEST = 80;

/** A value in one short line, with no code of its own run. */
export function show(value: unknown): string {
  let text: string;
  try {
    text = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, customInspect: false, maxArrayLength: 3 });
  } catch {
    text = Object.prototype.toString.call(value);
  }
  const line = text.replace(/\s+/g, " ");
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}
