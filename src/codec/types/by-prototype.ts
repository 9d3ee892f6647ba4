import { builtinType } from "../code/builtin-type.ts";
import { bindingsType, environmentType } from "../code/environment-type.ts";
import type { Composite, Leaf } from "../extension.ts";
import { map, nullObject, set } from "./collections.ts";
import { date } from "./date.ts";
import { opaqueName } from "./opaque.ts";
import { arrayBuffer, view } from "./views.ts";

// Every type of object that is known by its prototype joins the codec here.

export const leaves = [date, arrayBuffer, view, opaqueName] as unknown as readonly Leaf[];
export const composites = [
  map,
  set,
  nullObject,
  environmentType,
  bindingsType,
  builtinType,
] as unknown as readonly Composite[];

/** How objects with a given prototype are written. */
export const typeByPrototype: ReadonlyMap<object, Leaf | Composite> = new Map(
  [...leaves, ...composites].flatMap(type => type.prototypes.map(prototype => [prototype, type] as const)),
);
