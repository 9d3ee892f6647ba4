import type { Composite } from "../extension.ts";
import { builtinType } from "./builtin-type.ts";
import { functionType } from "./function-type.ts";
import { goesByName } from "./refusal.ts";

/** How a function is written, where code is allowed. */
export function codeType(fn: Function): Composite {
  return (goesByName(fn) ? builtinType : functionType) as unknown as Composite;
}
