import type { ObjectRef } from "../object/ref.ts";

/** What a call is about: an object by its ref, or whatever a name is bound to. */
export type Target<T = unknown> = ObjectRef<T> | string;

/** How messages name a target. */
export function targetText(target: Target): string {
  return typeof target === "string" ? JSON.stringify(target) : String(target);
}
