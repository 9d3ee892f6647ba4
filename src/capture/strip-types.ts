import type { Node } from "acorn";

/** Nodes that only say what a type is: their expression is what runs. */
const AROUND = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSTypeAssertion",
  "TSInstantiationExpression",
]);

/** Properties that hold types. */
const TYPES = new Set([
  "typeAnnotation",
  "returnType",
  "typeParameters",
  "typeArguments",
  "superTypeParameters",
  "implements",
  "predicate",
]);

type Loose = Node & Record<string, unknown>;

/**
 * A tree without its types: what JavaScript would make of it, at the same places. Enumerations and namespaces become variables; what is
 * inside of a namespace is left out.
 */
export function stripTypes(node: Node): Node | null {
  const loose = node as Loose;
  if (loose.declare === true || loose.importKind === "type" || loose.exportKind === "type") return null;
  if (AROUND.has(node.type)) return stripTypes(loose.expression as Node);
  if (node.type === "TSParameterProperty") return stripTypes(loose.parameter as Node);
  if (node.type === "TSEnumDeclaration" || node.type === "TSModuleDeclaration") return variable(loose);
  if (node.type.startsWith("TS")) return null;
  if (loose.type === "MethodDefinition" && !(loose.value as Loose | null)?.body) return null;
  for (const key of Object.keys(loose)) {
    if (TYPES.has(key)) loose[key] = undefined;
    else loose[key] = stripValue(loose[key]);
  }
  if (Array.isArray(loose.params)) loose.params = loose.params.filter(param => !isThis(param as Loose));
  return dropsDeclaration(loose) ? null : node;
}

function stripValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripElement).filter(one => one !== DROPPED);
  return isNode(value) ? stripTypes(value) : value;
}

const DROPPED = Symbol("dropped");

/** Holes of patterns and arrays stay. */
function stripElement(value: unknown): unknown {
  return isNode(value) ? (stripTypes(value) ?? DROPPED) : value;
}

function variable(node: Loose): Node | null {
  const id = node.id as Loose;
  if (id.type !== "Identifier") return null;
  const { start, end, range } = node;
  const declarator = { type: "VariableDeclarator", id, init: null, start, end, range };
  return { type: "VariableDeclaration", kind: "var", declarations: [declarator], start, end, range } as unknown as Node;
}

/** An export whose declaration was a type. */
function dropsDeclaration(node: Loose): boolean {
  if (node.type === "ExportDefaultDeclaration") return node.declaration === null;
  return node.type === "ExportNamedDeclaration" && node.declaration === null && node.source === null && isEmpty(node);
}

function isEmpty(node: Loose): boolean {
  return (node.specifiers as unknown[]).length === 0;
}

function isThis(node: Loose): boolean {
  return node.type === "Identifier" && node.name === "this";
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}
