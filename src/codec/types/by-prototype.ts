import { builtinType } from "../code/builtin-type.ts";
import { bindingsType, environmentType } from "../code/environment-type.ts";
import type { Composite, Leaf } from "../extension.ts";
import { blob } from "./blob.ts";
import { boxed } from "./boxed.ts";
import { map, nullObject, set } from "./collections.ts";
import { date } from "./date.ts";
import { domException, error } from "./error.ts";
import { opaqueName } from "./opaque.ts";
import { regexp } from "./regexp.ts";
import { temporal } from "./temporal.ts";
import { arrayBuffer, sharedBuffer, view } from "./views.ts";
import { headers, searchParams, url } from "./web.ts";

// Every type of object that is known by its prototype joins the codec here.

export const leaves = [date, arrayBuffer, sharedBuffer, view, opaqueName] as unknown as readonly Leaf[];
export const composites = [
  map,
  set,
  nullObject,
  error,
  domException,
  regexp,
  boxed,
  url,
  searchParams,
  headers,
  temporal,
  blob,
  environmentType,
  bindingsType,
  builtinType,
] as unknown as readonly Composite[];

/** How objects with a given prototype are written. */
export const typeByPrototype: ReadonlyMap<object, Leaf | Composite> = new Map(
  [...leaves, ...composites].flatMap(type => type.prototypes.map(prototype => [prototype, type] as const)),
);
