import { BadNameError } from "../errors.ts";
import { NAME_BYTES } from "../native/layout.ts";

/** Longest name of a store, in bytes of UTF-8. */
export const STORE_NAME_BYTES = 200;

const DOT = 46;
const SLASH = 47;

/**
 * The name of an object: 1 to 512 bytes of UTF-8, no `/` at either end, no `..` segment.
 *
 * @throws BadNameError otherwise.
 */
export function checkObjectName(name: string): string {
  // Most names are short and plain: three looks and they are through.
  if (typeof name === "string") {
    const { length } = name;
    const plain = length > 0 && length <= NAME_BYTES / 3 && name.charCodeAt(0) !== SLASH;
    if (plain && name.charCodeAt(length - 1) !== SLASH && !name.includes("..") && name.isWellFormed()) return name;
  }
  return check(name, "an object", NAME_BYTES);
}

/**
 * The name of a store: 1 to 200 bytes of UTF-8, no `/` at either end, no `..` segment, no NUL.
 *
 * @throws BadNameError otherwise.
 */
export function checkStoreName(name: string): string {
  check(name, "a store", STORE_NAME_BYTES);
  if (name.includes("\0")) throw bad(name, "a store", "has a NUL in it");
  return name;
}

function check(name: unknown, whose: string, maxBytes: number): string {
  if (typeof name !== "string") throw bad(name, whose, "is not a string");
  if (name.length === 0) throw bad(name, whose, "is empty");
  if (!name.isWellFormed()) throw bad(name, whose, "has a lone surrogate");
  if (Buffer.byteLength(name) > maxBytes) throw bad(name, whose, `is longer than ${maxBytes} bytes`);
  if (name.charCodeAt(0) === SLASH || name.charCodeAt(name.length - 1) === SLASH) {
    throw bad(name, whose, 'has a "/" at one end');
  }
  if (name.charCodeAt(0) === DOT || name.includes("/..")) {
    if (name.split("/").includes("..")) throw bad(name, whose, 'has a ".." segment');
  }
  return name;
}

function bad(name: unknown, whose: string, why: string): BadNameError {
  const shown = typeof name === "string" ? JSON.stringify(name.slice(0, 80)) : typeof name;
  return new BadNameError(`the name of ${whose}, ${shown}, ${why}`, {}, 'use something like "frames/17"');
}
