import { FIXSTR } from "../constants.ts";

/** The bytes of a text that is ASCII, with its header of one byte; null if it is none, or too long for that. */
export function shortText(text: string): number[] | null {
  if (text.length > 31) return null;
  const bytes = Buffer.from(text, "utf8");
  return bytes.length === text.length ? [FIXSTR | text.length, ...bytes] : null;
}
