import * as c from "../constants.ts";
import type { Encoder } from "../encoder.ts";
import { makeCode, quoteKeys } from "./code.ts";
import { type Habit, Habits } from "./habit.ts";
import { Made } from "./made.ts";
import { shortText } from "./short-text.ts";

export const NOT_WRITTEN = -1;

/** Writes a plain object with these keys at `p`; `NOT_WRITTEN` if they are other ones than it was made for. */
export type ObjectWriter = (
  encoder: Encoder,
  object: object,
  keys: readonly string[],
  p: number,
  depth: number,
) => number;

/** How plain objects are written that are no records of a list. */
export const objectWriters = new Habits<ObjectWriter>({
  make: new Made(compile).of,
  learner: habit => (_encoder, _object, keys) => {
    habit.learn(keys);
    return NOT_WRITTEN;
  },
});

function compile(keys: readonly string[], habit: Habit<ObjectWriter>): ObjectWriter | null {
  const quoted = quoteKeys(keys);
  const headed = keys.map(shortText);
  if (quoted === null || !headed.every(bytes => bytes !== null)) return null;
  const member = (bytes: readonly number[], k: number) => `
    encoder.need(p, ${bytes.length});
    bytes = encoder.bytes;
    ${bytes.map((byte, i) => `bytes[p + ${i}] = ${byte};`).join(" ")}
    p += ${bytes.length};
    value = object[${quoted[k]}];
    p = typeof value === "string" ? encoder.writeString(value, p)
      : typeof value === "number" ? encoder.writeNumber(value, p)
      : encoder.write(value, p, depth);`;
  const header = keys.length < 16 ? [c.FIXMAP | keys.length] : [c.MAP16, 0, keys.length];
  const body = `return (encoder, object, keys, p, depth) => {
    if (${quoted.map((key, k) => `keys[${k}] !== ${key}`).join(" || ")}) {
      habit.miss();
      return ${NOT_WRITTEN};
    }
    let bytes, value;
    ${headed.map((bytes, k) => member(k === 0 ? [...header, ...bytes!] : bytes!, k)).join("")}
    return p;
  };`;
  return makeCode({ habit }, body);
}
