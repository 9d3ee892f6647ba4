import type { Name } from "./names.ts";

/** A class or function whose name means nothing here. It is written as it was read. */
export class OpaqueName implements Name {
  constructor(
    readonly name: string,
    readonly module: string | null,
  ) {}
}

/** An object whose class is not known here: what the message says of it. Encoded again, it gives the same bytes. */
export class OpaqueValue {
  /** What its class is called; for the object of a reduce, what would build it. */
  readonly class: Name;
  /** The extension type that it was read from: docs/format.md. */
  readonly type: number;
  /** What is written of it, its class among it: of an instance nil, the class, then each key and value. */
  readonly parts: readonly unknown[];
  /** What is written around it (docs/format.md, type 11: class, lock, flags, further properties); null if nothing. */
  around: readonly unknown[] | null = null;

  constructor(type: number, name: Name, parts: readonly unknown[]) {
    this.type = type;
    this.class = name;
    this.parts = parts;
  }
}
