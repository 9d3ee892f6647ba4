import type { Function as FunctionNode } from "acorn";
import type { Scope } from "eslint-scope";

/** A piece of a text. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Names that a text takes from outside, each once, but for those in some pieces of it. */
export function freeNames(scope: Scope, skipped: readonly Range[]): string[] {
  const names = new Set<string>();
  for (const { identifier } of scope.through) {
    const [start, end] = (identifier as unknown as { range: [number, number] }).range;
    if (!skipped.some(range => start >= range.start && end <= range.end)) names.add(identifier.name);
  }
  return [...names];
}

/** The `length` that a function has without anybody's help. */
export function lengthOf(fn: FunctionNode): number {
  const end = fn.params.findIndex(param => param.type === "AssignmentPattern" || param.type === "RestElement");
  return end < 0 ? fn.params.length : end;
}
