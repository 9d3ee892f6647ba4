import type { Class, Function as FunctionNode, Node } from "acorn";
import { childrenOf } from "./parser.ts";

/** What a function takes from the function around it other than by name. */
export interface LexicalUses {
  this: boolean;
  super: boolean;
  newTarget: boolean;
  importMeta: boolean;
}

/** What the body and the parameters of a function use, arrow functions in it included: those have nothing of their own. */
export function lexicalUses(node: FunctionNode): LexicalUses {
  const uses: LexicalUses = { this: false, super: false, newTarget: false, importMeta: false };
  for (const child of childrenOf(node)) visit(child, uses, false);
  return uses;
}

/** Why what uses it can't be sent. */
export const IMPORT_META = "import.meta belongs to its module; put what it needs of it into a variable";

/** Whether `import.meta`, which only a module has, stands anywhere below. */
export function usesImportMeta(node: Node): boolean {
  const uses: LexicalUses = { this: false, super: false, newTarget: false, importMeta: false };
  visit(node, uses, true);
  return uses.importMeta;
}

/** `inner`: inside of a function with a `this` of its own. */
function visit(node: Node, uses: LexicalUses, inner: boolean): void {
  switch (node.type) {
    case "ThisExpression":
      if (!inner) uses.this = true;
      return;
    case "Super":
      if (!inner) {
        uses.super = true;
        uses.this = true;
      }
      return;
    case "MetaProperty":
      if ((node as Node & { meta: { name: string } }).meta.name === "import") uses.importMeta = true;
      else if (!inner) uses.newTarget = true;
      return;
    case "FunctionExpression":
    case "FunctionDeclaration":
      for (const child of childrenOf(node)) visit(child, uses, true);
      return;
    case "ClassExpression":
    case "ClassDeclaration":
      visitClass(node as Class, uses, inner);
      return;
    default:
      for (const child of childrenOf(node)) visit(child, uses, inner);
  }
}

/** A class's heritage and computed keys run outside of it. */
function visitClass(node: Class, uses: LexicalUses, inner: boolean): void {
  if (node.superClass) visit(node.superClass, uses, inner);
  for (const member of node.body.body) {
    if (member.type === "StaticBlock") visit(member, uses, true);
    else {
      if (member.computed) visit(member.key, uses, inner);
      if (member.value) visit(member.value, uses, true);
    }
  }
}
