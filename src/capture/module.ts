import type { Node, Parser, Program } from "acorn";
import type { Scope, ScopeManager } from "eslint-scope";
import { childrenOf } from "../codec/code/parser.ts";
import { type JsxRuntime, jsxRuntimeOf, usesJsx } from "./jsx.ts";
import { stripTypes } from "./strip-types.ts";

/** A parsed module: what runs of it, at the places of the text. */
export interface Module {
  readonly text: string;
  readonly program: Program;
  readonly scopes: ScopeManager;
  readonly scope: Scope;
  readonly parents: ReadonlyMap<Node, Node>;
  /** What its JSX calls; null if it has none. */
  readonly jsx: JsxRuntime | null;
}

/**
 * Parses TypeScript or JavaScript.
 *
 * @throws SyntaxError
 */
export function parseModule(text: string, jsx: boolean): Module {
  const { analyze } = require("eslint-scope") as typeof import("eslint-scope");
  const options = { ecmaVersion: "latest", sourceType: "module", ranges: true, locations: true } as const;
  const parsed = parserFor(jsx).parse(text, options);
  const program = stripTypes(parsed) as Program;
  const parents = new Map<Node, Node>();
  linkParents(program, parents);
  const scopes = analyze(program as never, { ecmaVersion: 2022, sourceType: "module", jsx: true });
  const scope = scopes.acquire(program as never, true) as Scope;
  return { text, program, scopes, scope, parents, jsx: jsx && usesJsx(program) ? jsxRuntimeOf(text) : null };
}

/** A class for each, made once: the engine compiles the methods of a class anew. */
const parsers = new Map<boolean, typeof Parser>();

function parserFor(jsx: boolean): typeof Parser {
  let parser = parsers.get(jsx);
  if (parser === undefined) {
    const acorn = require("acorn") as typeof import("acorn");
    const { tsPlugin } = require("@sveltejs/acorn-typescript") as typeof import("@sveltejs/acorn-typescript");
    parser = acorn.Parser.extend(tsPlugin({ jsx: jsx ? {} : false }) as never);
    parsers.set(jsx, parser);
  }
  return parser;
}

function linkParents(node: Node, parents: Map<Node, Node>): void {
  node.range ??= [node.start, node.end];
  for (const child of childrenOf(node)) {
    parents.set(child, node);
    linkParents(child, parents);
  }
}

/** Whether the module is one by its own words, so that an import may be added to it. */
export function isModule({ program, scopes }: Module, path: string): boolean {
  if (/\.c[jt]s$/.test(path)) return false;
  if (program.body.some(statement => /^(Import|Export)/.test(statement.type))) return true;
  const outside = scopes.globalScope!.through.map(({ identifier }) => identifier.name);
  const isCommon = outside.some(name => ["require", "module", "exports", "__filename", "__dirname"].includes(name));
  return /\.(m?ts|tsx|mjs)$/.test(path) && !isCommon;
}
