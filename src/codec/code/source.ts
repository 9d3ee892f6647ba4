import type { Expression, Function as FunctionNode, ObjectExpression, Property } from "acorn";
import type { Scope } from "eslint-scope";
import { analyseClass, type ClassFindings } from "./class-analysis.ts";
import { applyEdits, type Edit } from "./edits.ts";
import { freeNames, lengthOf, type Range } from "./free-names.ts";
import { IMPORT_META, lexicalUses } from "./lexical.ts";
import { onlyExpression, type Parsed, parse } from "./parser.ts";

/** How the text of a function becomes one again; numbers of the format. */
export const KIND = { expression: 0, method: 1, getter: 2, setter: 3 } as const;

/** What parsing finds out about a function or class. */
export interface Source extends ClassFindings {
  readonly text: string;
  readonly kind: number;
  readonly strict: boolean;
  readonly isClass: boolean;
  /** Whether it is an arrow function that uses the `this` around it. */
  readonly usesThis: boolean;
}

const sourceByFunction = new WeakMap<Function, Source>();
const sources = new Map<string, Source>();
const KEPT_SOURCES = 2000;

/** The source of a function that is not native. Parsed once for each text. */
export function sourceOf(fn: Function): Source {
  let source = sourceByFunction.get(fn);
  if (source === undefined) {
    source = sourceOfText(fn);
    sourceByFunction.set(fn, source);
  }
  return source;
}

function sourceOfText(fn: Function): Source {
  const text = Function.prototype.toString.call(fn);
  const sloppy = isSloppy(fn);
  const key = sloppy ? `sloppy ${text}` : text;
  let source = sources.get(key);
  if (source === undefined) {
    source = analyse(text, sloppy);
    if (sources.size >= KEPT_SOURCES) sources.clear();
    sources.set(key, source);
  }
  return source;
}

const callerOf = Object.getOwnPropertyDescriptor(Function.prototype, "caller")?.get;

/**
 * Whether this is a plain function of sloppy code: of these alone the caller may be asked for. Of arrow functions and methods it
 * can't be told; they are taken to be strict, as all code of modules and classes is, unless only sloppy code may be so written.
 */
function isSloppy(fn: Function): boolean {
  try {
    return callerOf?.call(fn) === null;
  } catch {
    return false;
  }
}

function analyse(text: string, sloppy: boolean): Source {
  const attempts = sloppy ? ([false] as const) : ([true, false] as const);
  for (const strict of attempts) {
    for (const method of [false, true]) {
      const prefix = method ? "({" : "(";
      const parsed = tryParse(prefix + text + (method ? "\n})" : "\n)"), strict);
      const found = parsed && analyseParsed(text, parsed, prefix.length, strict);
      if (found) return found;
    }
  }
  const reason = text.startsWith("#")
    ? "a #private method means nothing outside of its class; send the class, or an instance of it"
    : "its text is no function of its own (does it use #private members?); send the class it belongs to";
  return { ...EMPTY, text, problem: reason };
}

const EMPTY: Source = {
  text: "",
  kind: KIND.expression,
  strict: true,
  isClass: false,
  extendsParent: false,
  extendsNull: false,
  free: [],
  usesThis: false,
  problem: null,
  hidesState: false,
  name: null,
  length: 0,
  methods: [],
  edits: [],
  holes: [],
};

function tryParse(text: string, strict: boolean): Parsed | null {
  try {
    return parse(text, strict ? "module" : "script");
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function analyseParsed(text: string, parsed: Parsed, offset: number, strict: boolean): Source | null {
  const node = onlyExpression(parsed.program);
  const base = { ...EMPTY, text, strict };
  switch (node?.type) {
    case "ClassExpression":
      return { ...base, isClass: true, ...analyseClass(text, node, parsed.outermost, offset) };
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return analyseFunction(base, node, parsed.outermost);
    case "ObjectExpression":
      return analyseMethod(base, node, parsed.outermost, offset);
    default:
      return null;
  }
}

function analyseFunction(base: Source, node: FunctionNode, scope: Scope): Source {
  const uses = lexicalUses(node);
  const isArrow = node.type === "ArrowFunctionExpression";
  const free = freeNames(scope, []);
  let problem: string | null = null;
  if (uses.importMeta) problem = IMPORT_META;
  else if (isArrow && uses.super) problem = SUPER;
  else if (isArrow && uses.newTarget) problem = "it uses the new.target of the function around it; pass it in";
  else if (free.includes("arguments")) problem = "it uses the arguments of the function around it; name them";
  const usesThis = isArrow && uses.this;
  return { ...base, free, problem, usesThis, name: node.id?.name ?? "", length: lengthOf(node) };
}

const SUPER = "it uses super, which belongs to its class; send the class, or an instance of it";

function analyseMethod(base: Source, object: ObjectExpression, scope: Scope, offset: number): Source | null {
  const property = object.properties[0] as Property | undefined;
  if (object.properties.length !== 1 || property?.type !== "Property") return null;
  if (!property.method && property.kind === "init") return null;
  const fn = property.value as FunctionNode;
  const uses = lexicalUses(fn);
  const kind = property.kind === "get" ? KIND.getter : property.kind === "set" ? KIND.setter : KIND.method;
  const edits: Edit[] = [];
  const skipped: Range[] = [];
  if (property.computed) {
    // Its name is set afterwards; what it was computed from is not needed.
    edits.push({ start: property.key.start - offset, end: property.key.end - offset, text: '"computed"' });
    skipped.push(property.key);
  }
  const problem = uses.importMeta ? IMPORT_META : uses.super ? SUPER : null;
  const name = property.computed ? null : methodName(property.key as Expression, kind);
  const free = freeNames(scope, skipped);
  return { ...base, kind, free, problem, edits, name, length: lengthOf(fn) };
}

function methodName(key: Expression, kind: number): string | null {
  const name = key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : null;
  if (name === null) return null;
  return kind === KIND.getter ? `get ${name}` : kind === KIND.setter ? `set ${name}` : name;
}

/** The text that builds the function or class, given the values of names that its computed keys depend on. */
export function preparedText(source: Source, variable: (name: string) => unknown): string {
  const keys = source.holes.map(hole => ({ ...hole, text: keyText(variable(hole.name)) ?? hole.name }));
  return applyEdits(source.text, [...source.edits, ...keys]);
}

/** A key as an expression; null if there is none for it. */
export function keyText(key: unknown): string | null {
  if (typeof key === "string") return JSON.stringify(key);
  if (typeof key === "number") return String(key);
  if (typeof key !== "symbol") return null;
  const registered = Symbol.keyFor(key);
  if (registered !== undefined) return `Symbol.for(${JSON.stringify(registered)})`;
  for (const name of Object.getOwnPropertyNames(Symbol)) {
    if ((Symbol as unknown as Record<string, unknown>)[name] === key) return `Symbol.${name}`;
  }
  return null;
}
