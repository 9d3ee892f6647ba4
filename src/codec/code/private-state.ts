import { isNative } from "../reasons.ts";
import { sourceOf } from "./source.ts";

const known = new WeakMap<object, boolean>();

/** Whether instances of a class, or of its parents, have #private fields: state that no encoder can read. Asked once for each class. */
export function hidesState(type: object): boolean {
  let hides = known.get(type);
  if (hides === undefined) {
    const parent = Object.getPrototypeOf(type) as object | null;
    hides = declaresPrivate(type) || (typeof parent === "function" && hidesState(parent));
    known.set(type, hides);
  }
  return hides;
}

function declaresPrivate(type: object): boolean {
  if (typeof type !== "function" || isNative(type as never)) return false;
  // Only a text with such a name in it is worth the parser.
  return /#[\p{ID_Start}$_]/u.test(Function.prototype.toString.call(type)) && sourceOf(type).hidesState;
}
