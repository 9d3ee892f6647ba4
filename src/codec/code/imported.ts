import { builtinNamed } from "./builtin.ts";

/** A captured variable that is an import: it goes by its name. */
export class Imported {
  constructor(
    readonly value: unknown,
    readonly module: string,
    /** The export; "" for the module itself. */
    readonly name: string,
  ) {}
}

/** Says where a captured variable was imported from: `capture(fn, () => ({ map: imported(map, "lodash", "map") }))`. */
export function imported(value: unknown, module: string, name: string): Imported {
  return new Imported(value, module, name);
}

/** The same of what the module, looked for from the working directory, exports; undefined if there is no such module. */
export function exported(module: string, name: string): Imported | undefined {
  try {
    return imported(builtinNamed({ module, name }), module, name);
  } catch {
    return undefined;
  }
}
