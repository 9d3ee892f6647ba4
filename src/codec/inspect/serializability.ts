import { Encoder } from "../encoder.ts";
import { type Examined, examine, lastFailure } from "./examine.ts";
import { type FailTuple, show } from "./failure.ts";

/** How `inspectSerializability` looks and prints. */
export interface InspectOptions {
  /** What the value is called in the print. `value` by default. */
  name?: string;
  /** How many levels the print shows; what fails below them is found all the same. 3 by default. */
  depth?: number;
  /**
   * Whether functions and unnamed classes may be sent by value, as `encode`'s option. True by default: what they close over is what one
   * wants to know.
   */
  code?: boolean;
  /** Whether references to objects of a store may stand in it. True by default: a store accepts them. */
  references?: boolean;
  /** What the print goes to; `console` by default, null for nowhere. */
  stream?: { write(text: string): unknown } | null;
}

/** What `inspectSerializability` found. */
export interface Serializability {
  readonly ok: boolean;
  /** Everything that can't be encoded, in the order of encoding; at most a thousand. */
  readonly failures: readonly FailTuple[];
}

const LINE = "=".repeat(66);
const INDENT = "    ";
const SHOWN_FAILURES = 20;

/**
 * Finds out what in a value can't be encoded, and why: all of it, where `encode` stops at the first. Walks containers, members of
 * instances, captured variables of functions, static members of classes. Prints a tree in the manner of `ray.util.inspect_serializability`.
 */
export function inspectSerializability(value: unknown, options: InspectOptions = {}): Serializability {
  const { name = "value", depth = 3, code = true, references = true, stream } = options;
  const encoder = new Encoder({ code, acceptReferences: references });
  const { tree, failures } = examine(value, name, encoder);
  if (failures.length === 0) {
    const failure = lastFailure(value, name, encoder);
    if (failure !== null) failures.push(failure);
  }
  if (stream !== null) {
    const text = `${report(tree, failures, depth).join("\n")}\n`;
    if (stream === undefined) console.log(text.trimEnd());
    else stream.write(text);
  }
  return { ok: failures.length === 0, failures };
}

function report(tree: Examined, failures: readonly FailTuple[], depth: number): string[] {
  const lines = [LINE, `Checking serializability of ${tree.name}: ${show(tree.value)}`, LINE];
  if (failures.length === 0) return [...lines, "It can be serialized.", LINE];
  lines.push(verdict(tree, failures));
  printBelow(tree, 1, depth, lines);
  lines.push(LINE, failures.length === 1 ? "Variable:" : "Variables:", "");
  for (const failure of failures.slice(0, SHOWN_FAILURES)) lines.push(`${INDENT}${failure}`);
  if (failures.length > SHOWN_FAILURES) lines.push(`${INDENT}... and ${failures.length - SHOWN_FAILURES} more`);
  lines.push(
    "",
    "can't be serialized. Leave them out, make them where they are used, or do what the lines above say.",
    LINE,
  );
  return lines;
}

function verdict({ failure }: Examined, failures: readonly FailTuple[]): string {
  return `!!! FAIL serialization: ${failure?.reason ?? (failures.length === 1 ? failures[0]!.reason : `${failures.length} of its parts can't be encoded`)}`;
}

function printBelow(above: Examined, level: number, depth: number, lines: string[]): void {
  const indent = INDENT.repeat(level);
  if (above.failing.length === 0 && above.fineCount === 0) return;
  if (level > depth) {
    if (above.failing.length > 0) lines.push(`${indent}... (depth ${depth}; see below, or give { depth })`);
    return;
  }
  if (typeof above.value === "function") {
    const count = above.failing.length + above.fineCount;
    lines.push(
      `${indent}Detected ${count} ${count === 1 ? "variable or member" : "variables and members"}. Checking serializability...`,
    );
  }
  for (const one of above.fine)
    if (one.name !== "(part)") lines.push(`${indent}Serializing '${one.name}' ${show(one.value)}...`);
  const more = above.fineCount - above.fine.length;
  if (more > 0) lines.push(`${indent}... and ${more} more that can be serialized`);
  for (const one of above.failing.slice(0, SHOWN_FAILURES)) {
    const isPart = one.name === "(part)";
    if (!isPart) lines.push(`${indent}Serializing '${one.name}' ${show(one.value)}...`);
    if (one.failure !== null) lines.push(`${indent}!!! FAIL serialization: ${one.failure.reason}`);
    printBelow(one, isPart ? level : level + 1, depth, lines);
  }
  const left = above.failing.length - SHOWN_FAILURES;
  if (left > 0) lines.push(`${indent}... and ${left} more that can't be serialized`);
}
