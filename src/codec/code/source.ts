import type { Class, Expression, Function as FunctionNode, MethodDefinition, ObjectExpression, Property } from "acorn";
import type { Scope } from "eslint-scope";
import { applyEdits, blank, type Edit } from "./edits.ts";
import { lexicalUses, usesImportMeta } from "./lexical.ts";
import { onlyExpression, type Parsed, parse } from "./parser.ts";

/** How the text of a function becomes one again; numbers of the format. */
export const KIND = { expression: 0, method: 1, getter: 2, setter: 3 } as const;

/** The name under which a rebuilt class finds its parent. */
export const PARENT_NAME = "$plasmidParent";

/** A computed key of a class that depends on what the class closes over: it is replaced by its value. */
interface KeyHole {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** What parsing finds out about a function or class. */
export interface Source {
  readonly text: string;
  readonly kind: number;
  readonly strict: boolean;
  readonly isClass: boolean;
  /** Whether the class has a parent other than null. */
  readonly extendsParent: boolean;
  readonly extendsNull: boolean;
  /** Names that come from outside, each once. */
  readonly free: readonly string[];
  /** Whether it is an arrow function that uses the `this` around it. */
  readonly usesThis: boolean;
  /** Why it can't be built again anywhere else, with the remedy; null if it can. */
  readonly problem: string | null;
  /** Whether its instances have #private fields, which nobody outside can read. */
  readonly hidesState: boolean;
  /** The `name` that it has without anybody's help, and `length`. */
  readonly name: string | null;
  readonly length: number;
  /** Texts of its methods and accessors; of classes. */
  readonly methods: readonly string[];
  readonly edits: readonly Edit[];
  readonly holes: readonly KeyHole[];
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
      return analyseClass(base, node, parsed, offset);
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

const IMPORT_META = "import.meta belongs to its module; put what it needs of it into a variable";
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

function analyseClass(base: Source, node: Class, parsed: Parsed, offset: number): Source {
  const { text } = base;
  const edits: Edit[] = [];
  const skipped: Range[] = [];
  const holes: KeyHole[] = [];
  const methods: string[] = [];
  let builder: FunctionNode | null = null;
  let hidesState = false;
  let problem = usesImportMeta(node) ? IMPORT_META : null;
  const cut = (range: Range, replacement: string) => {
    edits.push({ start: range.start - offset, end: range.end - offset, text: replacement });
    skipped.push(range);
  };
  const parent = node.superClass ?? null;
  const extendsParent = parent !== null && !(parent.type === "Literal" && parent.value === null);
  // The parent travels as a value; the expression that gave it may close over anything.
  if (parent !== null && extendsParent) cut(parent, PARENT_NAME);
  for (const member of node.body.body) {
    const piece = text.slice(member.start - offset, member.end - offset);
    if (member.type === "StaticBlock" || (member.type === "PropertyDefinition" && member.static)) {
      // What static fields and blocks made is sent as it is now; running them again could give something else.
      if (member.type === "PropertyDefinition" && member.key.type === "PrivateIdentifier") {
        problem ??= "what its static #private fields hold can't be read; make them static properties, or variables";
      }
      cut(member, blank(piece));
      continue;
    }
    if (member.type === "PropertyDefinition" && member.key.type === "PrivateIdentifier") hidesState = true;
    if (member.type === "MethodDefinition") {
      if (member.kind === "constructor") builder = member.value;
      else methods.push(methodText(piece, member));
    }
    if (member.computed && member.key.type === "Identifier") {
      holes.push({ start: member.key.start - offset, end: member.key.end - offset, name: member.key.name });
    } else if (member.computed && !isWellKnown(member.key as Expression)) {
      problem ??= "the name of one of its members is computed by more than a variable; put it into a variable";
    }
  }
  const free = freeNames(parsed.outermost, skipped);
  const length = builder === null ? 0 : lengthOf(builder);
  const name = node.id?.name ?? "";
  const extendsNull = parent !== null && !extendsParent;
  return {
    ...base,
    isClass: true,
    extendsParent,
    extendsNull,
    free,
    problem,
    hidesState,
    name,
    length,
    methods,
    edits,
    holes,
  };
}

/** The text that the method itself gives. */
function methodText(piece: string, member: MethodDefinition): string {
  return member.static ? piece.replace(/^static\b\s*/, "") : piece;
}

/** `Symbol.iterator`, `Symbol.for("name")`, a literal: what can be computed anywhere. */
function isWellKnown(key: Expression): boolean {
  if (key.type === "Literal") return true;
  const member = key.type === "CallExpression" ? key.callee : key;
  if (member.type !== "MemberExpression" || member.object.type !== "Identifier" || member.object.name !== "Symbol") {
    return false;
  }
  return key.type !== "CallExpression" || key.arguments.every(argument => argument.type === "Literal");
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function freeNames(scope: Scope, skipped: readonly Range[]): string[] {
  const names = new Set<string>();
  for (const { identifier } of scope.through) {
    const [start, end] = (identifier as unknown as { range: [number, number] }).range;
    if (!skipped.some(range => start >= range.start && end <= range.end)) names.add(identifier.name);
  }
  return [...names];
}

function lengthOf(fn: FunctionNode): number {
  const end = fn.params.findIndex(param => param.type === "AssignmentPattern" || param.type === "RestElement");
  return end < 0 ? fn.params.length : end;
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
