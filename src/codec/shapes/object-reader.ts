import type { Decoder } from "../decoder.ts";
import { makeCode, quoteKeys } from "./code.ts";
import { type Habit, Habits } from "./habit.ts";
import { Made } from "./made.ts";
import { shortText } from "./short-text.ts";

/** Reads an object of one shape; where it has another key it leaves the rest to the decoder. */
export type ObjectReader = (decoder: Decoder, depth: number) => object;

/** How objects are read that are no records of a list. */
export const objectReaders = new Habits<ObjectReader>({
  make: new Made(compile).of,
  learner: habit => (decoder, depth) => {
    const object = decoder.readRest({}, 0, habit.count, depth);
    habit.learn(Object.keys(object));
    return object;
  },
});

function compile(keys: readonly string[], habit: Habit<ObjectReader>): ObjectReader | null {
  const quoted = quoteKeys(keys);
  const headed = keys.map(shortText);
  if (quoted === null || !headed.every(bytes => bytes !== null)) return null;
  const member = (bytes: readonly number[], k: number) => `
      k = ${k};
      p = decoder.p;
      if (${bytes.map((byte, i) => `bytes[p + ${i}] !== ${byte}`).join(" || ")} || p + ${bytes.length} > decoder.end) break whole;
      decoder.p = p + ${bytes.length};
      v${k} = decoder.read(depth);`;
  const values = keys.map((_, k) => `v${k}`);
  const body = `return (decoder, depth) => {
    const bytes = decoder.bytes;
    let ${["p", "k", ...values].join(", ")};
    whole: {
      ${headed.map((bytes, k) => member(bytes!, k)).join("")}
      return { ${quoted.map((key, k) => `${key}: v${k}`).join(", ")} };
    }
    habit.miss();
    return decoder.readRest(begin([${values.join(", ")}], k), k, ${keys.length}, depth);
  };`;
  const begin = (members: readonly unknown[], count: number) => {
    const object: Record<string, unknown> = {};
    for (let k = 0; k < count; k++) object[keys[k]!] = members[k];
    return object;
  };
  return makeCode({ habit, begin }, body);
}
