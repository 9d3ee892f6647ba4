import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";
import { entryStep } from "../path.ts";

/** A URL, as text. */
export const url: Composite<URL> = {
  kind: "composite",
  code: c.EXT_URL,
  prototypes: [URL.prototype],
  pairs: false,
  step: () => ".href",
  partsToCreate: 1,
  parts: value => [URL.prototype.toString.call(value)],
  create: ([href]) => (typeof href === "string" ? new URL(href) : null),
  fill: (_, parts) => parts.length === 1,
};

/** Names and values in turn; a name may come more than once. */
interface Pairs {
  append(name: string, value: string): void;
  forEach(each: (value: string, name: string) => void): void;
}

export const searchParams = pairsType<URLSearchParams>(c.EXT_SEARCH_PARAMS, URLSearchParams);
export const headers = pairsType<Headers>(c.EXT_HEADERS, Headers);

function pairsType<T extends Pairs>(code: number, type: { readonly prototype: T; new (): T }): Composite<T> {
  return {
    kind: "composite",
    code,
    prototypes: [type.prototype],
    pairs: false,
    step: entryStep,
    partsToCreate: 0,

    parts(value) {
      const parts: string[] = [];
      type.prototype.forEach.call(value, (entry: string, name: string) => void parts.push(name, entry));
      return parts;
    },

    create: () => new type(),

    fill(object, parts) {
      if (parts.length % 2 === 1) return false;
      for (let i = 0; i < parts.length; i += 2) {
        const name = parts[i];
        const value = parts[i + 1];
        if (typeof name !== "string" || typeof value !== "string") return false;
        object.append(name, value);
      }
      return true;
    },
  };
}
