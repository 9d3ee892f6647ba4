import type { Function as FunctionNode, Node } from "acorn";
import type { Scope } from "eslint-scope";
import { childrenOf } from "./parser.ts";

/** A piece of a text. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Names that a text takes from outside, each once, but for those in some pieces of it, and those that it only asks the `typeof` of,
 * which need not exist. `arguments` always does.
 */
export function freeNames(scope: Scope, skipped: readonly Range[]): string[] {
  const names = new Set<string>();
  const asked = new Set<Node>();
  if (scope.through.length > 0) collectAsked(scope.block as unknown as Node, asked);
  for (const { identifier, from } of scope.through) {
    if (isBound(identifier.name, from)) continue;
    const [start, end] = (identifier as unknown as { range: [number, number] }).range;
    if (asked.has(identifier as unknown as Node) && identifier.name !== "arguments") continue;
    if (!skipped.some(range => start >= range.start && end <= range.end)) names.add(identifier.name);
  }
  return [...names];
}

/** Whether a name is declared in the text all the same: where `eval` stands, names are left open, for it may declare more. */
function isBound(name: string, from: Scope): boolean {
  for (let scope: Scope | null = from; scope !== null && scope.type !== "with"; scope = scope.upper) {
    if (scope.set.has(name)) return true;
  }
  return false;
}

/** The operands of every `typeof` below. */
function collectAsked(node: Node, asked: Set<Node>): void {
  const { operator, argument } = node as Node & { operator?: string; argument?: Node };
  if (node.type === "UnaryExpression" && operator === "typeof") asked.add(argument as Node);
  for (const child of childrenOf(node)) collectAsked(child, asked);
}

/** The `length` that a function has without anybody's help. */
export function lengthOf(fn: FunctionNode): number {
  const end = fn.params.findIndex(param => param.type === "AssignmentPattern" || param.type === "RestElement");
  return end < 0 ? fn.params.length : end;
}
