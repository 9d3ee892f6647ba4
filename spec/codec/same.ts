import { expect } from "bun:test";
import { difference, type Ignoring } from "./isomorphic.ts";

/** Fails unless `b` is what `a` is: the same graph, as `isomorphic.ts` has it. */
export function expectSame(b: unknown, a: unknown, ignoring?: Ignoring): void {
  const found = difference(a, b, ignoring);
  if (found !== null) expect.unreachable(found);
}
