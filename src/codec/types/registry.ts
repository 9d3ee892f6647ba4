import { functionType } from "../code/function-type.ts";
import type { Composite, PayloadReader } from "../extension.ts";
import { adorned } from "./adorned.ts";
import { composites, leaves } from "./by-prototype.ts";
import { reduced, serialized } from "./custom.ts";
import { instance } from "./instance.ts";
import { named } from "./named.ts";
import { scalarReaders } from "./scalars.ts";
import { sparseArray } from "./sparse-array.ts";
import { symbolReaders } from "./symbols.ts";

// Every extension type joins the codec here.

/** Readers by extension type, 0 to 255; the negative types are the upper half. */
export const readerByCode: readonly (PayloadReader | undefined)[] = byCode([
  ...scalarReaders,
  ...symbolReaders,
  ...named.readers,
  ...leaves.flatMap(leaf => [...leaf.readers]),
]);

/** Composites by extension type. */
export const compositeByCode: readonly (Composite | undefined)[] = byCode(
  (
    [
      ...composites,
      sparseArray,
      adorned,
      instance,
      reduced,
      serialized,
      functionType,
    ] as unknown as readonly Composite[]
  ).map(composite => [composite.code, composite]),
);

function byCode<T>(entries: readonly (readonly [number, T])[]): (T | undefined)[] {
  const table = new Array<T | undefined>(256).fill(undefined);
  for (const [code, entry] of entries) table[code] = entry;
  return table;
}
