import { builtinType } from "../code/builtin-type.ts";
import { bindingsType, environmentType } from "../code/environment-type.ts";
import { functionType } from "../code/function-type.ts";
import type { Composite, Leaf, PayloadReader } from "../extension.ts";
import { map, nullObject, set } from "./collections.ts";
import { date } from "./date.ts";
import { scalarReaders } from "./scalars.ts";
import { sparseArray } from "./sparse-array.ts";
import { arrayBuffer, view } from "./views.ts";

// Every type beyond MessagePack's own joins the codec here, and only here.

const code = [functionType, environmentType, bindingsType, builtinType];
const leaves = [date, arrayBuffer, view] as unknown as readonly Leaf[];
const composites = [map, set, nullObject, sparseArray, ...code] as unknown as readonly Composite[];

/** How objects with a given prototype are written. */
export const typeByPrototype: ReadonlyMap<object, Leaf | Composite> = new Map(
  [...leaves, ...composites].flatMap(type => type.prototypes.map(prototype => [prototype, type] as const)),
);

/** Readers by extension type, 0 to 255; the negative types are the upper half. */
export const readerByCode: readonly (PayloadReader | undefined)[] = byCode([
  ...scalarReaders,
  ...leaves.flatMap(leaf => [...leaf.readers]),
]);

/** Composites by extension type. */
export const compositeByCode: readonly (Composite | undefined)[] = byCode(
  composites.map(composite => [composite.code, composite]),
);

function byCode<T>(entries: readonly (readonly [number, T])[]): (T | undefined)[] {
  const table = new Array<T | undefined>(256).fill(undefined);
  for (const [code, entry] of entries) table[code] = entry;
  return table;
}
