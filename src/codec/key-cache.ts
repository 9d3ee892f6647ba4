import { latin1Slice } from "./text.ts";

/** Keys longer than this are read as any text is. */
const LONGEST = 31;
const SLOTS = 4096;

/**
 * A key that was decoded lately, and where the one is that followed it. Objects of a kind have their keys in the same order, so the
 * next key is mostly the one that came next last time: then a comparison stands for hashing it.
 *
 * Keys name one another by slot, not by reference: a chain of references could keep any number of them alive.
 */
export class Key {
  next = 0;

  constructor(
    readonly text: string,
    readonly slot: number,
  ) {}

  /** Whether the text stands at `p`; lengths were compared before. */
  standsAt(bytes: Uint8Array, p: number): boolean {
    const { text } = this;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[p + i]) return false;
    return true;
  }
}

/** Keys by hash, all ASCII; the last one wins. The empty key belongs in slot 0, and stands for none in the others. */
export const recentKeys: Key[] = new Array(SLOTS).fill(new Key("", 0));

/** What comes before the first key of an object, by the number of its keys modulo 16: objects of a kind have as many. */
export const keyHeads: readonly Key[] = Array.from({ length: 16 }, () => new Key("", 0));

/** The key of bytes `[start, end)`; null if it is not ASCII or too long to be kept. */
export function findKey(bytes: Uint8Array, start: number, end: number): Key | null {
  const size = end - start;
  if (size > LONGEST) return null;
  let hash = size;
  let union = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    union |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (union >= 0x80) return null;
  const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
  const known = recentKeys[slot]!;
  if (known.text.length === size && known.standsAt(bytes, start)) return known;
  const key = new Key(latin1Slice.call(bytes, start, end), slot);
  recentKeys[slot] = key;
  return key;
}
