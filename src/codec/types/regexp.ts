import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";

const sourceOf = Object.getOwnPropertyDescriptor(RegExp.prototype, "source")?.get as (this: RegExp) => string;
const flagsOf = Object.getOwnPropertyDescriptor(RegExp.prototype, "flags")?.get as (this: RegExp) => string;

/** A RegExp: its source, its flags, and where it goes on searching if that is not the start. */
export const regexp: Composite<RegExp> = {
  kind: "composite",
  code: c.EXT_REGEXP,
  prototypes: [RegExp.prototype],
  pairs: false,
  step: index => (index === 2 ? ".lastIndex" : ""),
  partsToCreate: 2,
  owns: (_, key) => key === "lastIndex",

  parts(value) {
    const { lastIndex } = value;
    const parts: unknown[] = [sourceOf.call(value), flagsOf.call(value)];
    if (!Object.is(lastIndex, 0)) parts.push(lastIndex);
    return parts;
  },

  create([source, flags]) {
    return typeof source === "string" && typeof flags === "string" ? new RegExp(source, flags) : null;
  },

  fill(object, parts) {
    if (parts.length === 3) object.lastIndex = parts[2] as number;
    return parts.length <= 3;
  },
};
