import type { Expression, Node, Program } from "acorn";
import type { Scope, ScopeManager } from "eslint-scope";

/** A parsed text and the names in it. */
export interface Parsed {
  readonly program: Program;
  readonly scopes: ScopeManager;
  /** The outermost scope: what is unresolved in it comes from outside of the text. */
  readonly outermost: Scope;
}

/**
 * Parses JavaScript and resolves its names. The parser is loaded when the first text comes: whoever sends no code pays for none.
 *
 * @throws SyntaxError
 */
export function parse(text: string, sourceType: "module" | "script"): Parsed {
  const acorn = require("acorn") as typeof import("acorn");
  const scope = require("eslint-scope") as typeof import("eslint-scope");
  const program = acorn.parse(text, { ecmaVersion: "latest", sourceType, ranges: true });
  const scopes = scope.analyze(program as never, { ecmaVersion: 2022, sourceType });
  return { program, scopes, outermost: scopes.globalScope! };
}

/** The expression that a text of one statement consists of. */
export function onlyExpression(program: Program): Expression | null {
  const statement = program.body[0];
  return program.body.length === 1 && statement?.type === "ExpressionStatement" ? statement.expression : null;
}

/** The nodes right below one. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (const key in node) {
    const value: unknown = (node as Node & Record<string, unknown>)[key];
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      for (const one of value) if (isNode(one)) children.push(one);
    } else if (isNode(value)) {
      children.push(value);
    }
  }
  return children;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}
