import type { Node } from "acorn";

type Loose = Node & Record<string, unknown>;

/**
 * The name that a function or class without one gets from where it stands, as a property key: an object with that property gives it
 * the same name. Empty if it gets none; null if it can't be said beforehand.
 */
export function naming(node: Node, parentNode: Node): string | null {
  const parent = parentNode as Loose;
  switch (parent.type) {
    case "VariableDeclarator":
      return quoted(parent.id as Loose);
    case "AssignmentExpression":
    case "AssignmentPattern":
      return parent.right === node ? quoted(parent.left as Loose) : "";
    case "Property":
    case "PropertyDefinition":
      return parent.value === node ? keyOf(parent) : "";
    case "ExportDefaultDeclaration":
      return '"default"';
    default:
      return "";
  }
}

function quoted(target: Loose): string {
  return target.type === "Identifier" ? JSON.stringify(target.name) : "";
}

function keyOf(parent: Loose): string | null {
  const key = parent.key as Loose;
  if (parent.computed === true) return null;
  if (key.type === "PrivateIdentifier") return JSON.stringify(`#${key.name}`);
  const name = key.type === "Identifier" ? key.name : key.value;
  return name === "__proto__" || typeof name === "bigint" ? null : JSON.stringify(String(name));
}
