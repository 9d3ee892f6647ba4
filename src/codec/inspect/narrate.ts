import { writeSync } from "node:fs";
import type { Encoder } from "../encoder.ts";
import { show } from "./failure.ts";
import { grouped, treeLines } from "./print-tree.ts";
import { readTree } from "./tree.ts";

/** What of `Encoder` is told of. */
type Narrated = Pick<Encoder, "encode" | "encodeInto" | "buffers">;

/**
 * Makes all encoders tell on the standard error what they do: with level 1 a line for each message, with 2 or more what it consists of,
 * too. Replaces their methods, so that those who are not told to narrate pay nothing.
 */
export function narrate(prototype: Narrated, level: number): void {
  const { encode, encodeInto } = prototype;

  prototype.encode = function (value) {
    return tell(
      this,
      value,
      () => encode.call(this, value),
      level,
      message => message,
    );
  };

  prototype.encodeInto = function (value, target) {
    const encoded = () => encodeInto.call(this, value, target);
    return tell(this, value, encoded, level, size => (size < 0 ? null : target.subarray(0, size)));
  };
}

function tell<T>(
  encoder: Narrated,
  value: unknown,
  run: () => T,
  level: number,
  messageOf: (result: T) => Uint8Array | null,
): T {
  say(`encoding ${show(value)}`);
  try {
    const result = run();
    const message = messageOf(result);
    if (message === null) say("it did not fit");
    else sayMessage(message, encoder.buffers, level);
    return result;
  } catch (error) {
    say(`failed: ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  }
}

function sayMessage(message: Uint8Array, buffers: readonly Uint8Array[], level: number): void {
  const beside = buffers.length === 0 ? "" : ` and ${buffers.length} out of band`;
  say(`encoded: ${grouped(message.length)} bytes${beside}`);
  if (level < 2) return;
  for (const line of treeLines(readTree(message, { depth: 6, items: 20, buffers }))) say(`  ${line}`);
}

function say(line: string): void {
  writeSync(2, `plasmid codec: ${line}\n`);
}
