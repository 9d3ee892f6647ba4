import { DEFAULT_BUFFER_THRESHOLD } from "../constants.ts";
import { Encoder } from "../encoder.ts";
import type { How } from "./kinds.ts";
import { grouped, partText } from "./print-tree.ts";
import { type Part, readTree } from "./tree.ts";

/** What `explain` takes into account. */
export interface ExplainOptions {
  /** From how many bytes on a buffer is shared rather than copied, as `encode`'s option. 512 by default. */
  bufferThreshold?: number;
  /** Whether functions and classes may go by value. False by default. */
  code?: boolean;
  /** How many levels to tell of; 4 by default. */
  depth?: number;
  /** How many parts of each to tell of; 10 by default. */
  items?: number;
}

/** What becomes of one part of a value. */
export interface ExplainedPart {
  readonly path: string;
  /** What it is: `Float64Array(1000)`, `object, 3 properties`. */
  readonly type: string;
  /**
   * `shared`: its bytes stay where they are, out of band. `reducer`: it becomes what a reduce or serializer gives. `code`: text. `reference`: a name
   * or ref. `again`: it came before. `copied`: all else.
   */
  readonly how: How;
  /** Bytes in the message, all that is in it included. */
  readonly bytes: number;
  /** Bytes out of band, all that is in it included. */
  readonly shared: number;
}

/** What becomes of a value when it is encoded. Prints as a tree. */
export class Explanation {
  constructor(
    /** Bytes of the message. */
    readonly bytes: number,
    /** Bytes out of band. */
    readonly shared: number,
    readonly parts: readonly ExplainedPart[],
    private readonly lines: readonly string[],
  ) {}

  toString(): string {
    return this.lines.join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * Says for each part of a value what encoding does with it, and how many bytes it takes: by encoding it, and looking at the message.
 *
 * @throws EncodeError if it can't be encoded; `inspectSerializability` says why in full
 */
export function explain(value: unknown, options: ExplainOptions = {}): Explanation {
  const { bufferThreshold = DEFAULT_BUFFER_THRESHOLD, code = false, depth = 4, items = 10 } = options;
  const encoder = new Encoder({ bufferThreshold, acceptReferences: true, code });
  const message = encoder.encode(value);
  const { root } = readTree(message, { depth, items, buffers: encoder.buffers });
  const shared = encoder.buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const parts: ExplainedPart[] = [];
  const lines = [`${grouped(message.length)} bytes in the message, ${grouped(shared)} out of band`];
  collect(root, "$", "$", 0, parts, lines);
  return new Explanation(message.length, shared, parts, lines);
}

function collect(part: Part, path: string, name: string, level: number, parts: ExplainedPart[], lines: string[]): void {
  const inner = only(part);
  // A view is what its buffer is.
  const how = inner?.how === "shared" ? "shared" : part.how;
  parts.push({ path, type: part.type, how, bytes: part.bytes, shared: part.shared });
  lines.push(`${"  ".repeat(level)}${name} ${partText({ ...part, how })}`);
  if (inner?.how === "shared") return;
  for (const one of part.parts)
    collect(one, path + one.step, one.step === "" ? "·" : one.step, level + 1, parts, lines);
  if (part.hidden > 0) lines.push(`${"  ".repeat(level + 1)}… ${grouped(part.hidden)} more`);
}

/** The only thing in a part, if it is that part by another name. */
function only({ parts, hidden }: Part): Part | null {
  return parts.length === 1 && hidden === 0 && parts[0]!.step === "" ? parts[0]! : null;
}
