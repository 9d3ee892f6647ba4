import { types } from "node:util";
import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";

const PRIMITIVES = ["number", "string", "boolean", "bigint", "symbol"];

/** A primitive in an object: `Object(5)`. */
export const boxed: Composite = {
  kind: "composite",
  code: c.EXT_BOXED,
  prototypes: [Number.prototype, String.prototype, Boolean.prototype, BigInt.prototype, Symbol.prototype],
  pairs: false,
  step: () => ".valueOf()",
  partsToCreate: 1,

  owns(value, key) {
    if (typeof key === "symbol" || !types.isStringObject(value)) return false;
    return key === "length" || (String(Number(key) >>> 0) === key && Number(key) < value.length);
  },

  parts: value => [unboxed(value)],

  create([primitive]) {
    return PRIMITIVES.includes(typeof primitive) ? (Object(primitive) as object) : null;
  },

  fill: (_, parts) => parts.length === 1,
};

function unboxed(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  return Symbol.prototype.valueOf.call(value as unknown as symbol);
}
