import type { Class, Function as FunctionNode, Node } from "acorn";
import type { Variable } from "eslint-scope";
import { lexicalUses } from "../codec/code/lexical.ts";
import { childrenOf } from "../codec/code/parser.ts";
import { usesJsx } from "./jsx.ts";
import type { Module } from "./module.ts";

/** A function or class, and what it closes over. */
export interface Closure {
  readonly node: FunctionNode | Class;
  /** Variables of scopes around it that it uses. */
  readonly variables: readonly Variable[];
  /** Whether it is an arrow function that uses the `this` around it. */
  readonly usesThis: boolean;
  readonly usesJsx: boolean;
}

/** All functions and classes of a module that close over anything, the outer ones first. */
export function closuresOf(module: Module): Closure[] {
  const found: Closure[] = [];
  visit(module.program);
  return found;

  function visit(node: Node): void {
    const closure = isCode(node) ? closureOf(module, node) : null;
    if (closure !== null && (closure.variables.length > 0 || closure.usesThis || closure.usesJsx)) found.push(closure);
    for (const child of childrenOf(node)) visit(child);
  }
}

function isCode(node: Node): node is FunctionNode | Class {
  return /^(FunctionExpression|FunctionDeclaration|ArrowFunctionExpression|ClassExpression|ClassDeclaration)$/.test(
    node.type,
  );
}

function closureOf(module: Module, node: FunctionNode | Class): Closure {
  const skipped = isClass(node) ? notSent(node) : [];
  const variables = new Set<Variable>();
  for (const { resolved, identifier } of module.scopes.acquire(node as never)?.through ?? []) {
    // What the engine gives, `arguments` for one, is declared nowhere.
    if (resolved === null || resolved.defs.length === 0) continue;
    const [at] = (identifier as unknown as { range: [number, number] }).range;
    if (skipped.some(({ start, end }) => at >= start && at < end)) continue;
    // A declared function finds itself by its name.
    if (node.type === "FunctionDeclaration" && resolved.defs.some(def => (def.node as unknown) === node)) continue;
    variables.add(resolved);
  }
  const usesThis = node.type === "ArrowFunctionExpression" && lexicalUses(node as FunctionNode).this;
  return { node, variables: [...variables], usesThis, usesJsx: module.jsx !== null && usesJsx(node) };
}

export function isClass(node: Node): node is Class {
  return node.type === "ClassExpression" || node.type === "ClassDeclaration";
}

/** What of a class is sent as it is, not as text: its parent, what static fields and blocks made. */
function notSent(node: Class): Node[] {
  const statics = node.body.body.filter(
    member => member.type === "StaticBlock" || (member.type === "PropertyDefinition" && member.static),
  );
  return node.superClass ? [node.superClass, ...statics] : statics;
}
