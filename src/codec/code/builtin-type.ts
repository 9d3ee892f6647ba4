import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";
import { BuiltinValue, builtinName, builtinNamed } from "./builtin.ts";
import { isObject } from "./environment.ts";
import { Imported } from "./imported.ts";
import { refuseCode } from "./permission.ts";

/** What comes with the engine or with Bun, or was imported from a package, by name: the module or nil, and the name. */
export const builtinType: Composite = {
  kind: "composite",
  code: c.EXT_BUILTIN,
  prototypes: [BuiltinValue.prototype, Imported.prototype],
  pairs: false,
  step: () => "",
  partsToCreate: 2,
  guard: refuseCode,
  owns: () => true,

  parts(value) {
    if (value instanceof Imported) return [value.module, value.name];
    const name = value instanceof BuiltinValue ? value.name : builtinName(value);
    if (name === null) throw new TypeError("it does not come with the engine");
    return [name.module, name.name];
  },

  create([module, name], decoder) {
    if (typeof name !== "string" || (module !== null && typeof module !== "string")) return null;
    let value: unknown;
    try {
      value = builtinNamed({ module, name });
    } catch (error) {
      decoder.fail(`${module} can't be imported here: ${error}`);
    }
    if (!isObject(value))
      decoder.fail(`there is no ${name} ${module === null ? "among the globals" : `in ${module}`} here`);
    return value as object;
  },

  fill: (_, parts) => parts.length === 2,
};
