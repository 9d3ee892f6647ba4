import { PARENT_NAME } from "./class-analysis.ts";

/** A scope, seen from outside. */
export interface EnvironmentFace {
  /** A function in the scope. */
  evaluate(text: string, strict: boolean): unknown;
  read(): object;
  /** All variables, in the order of the names. */
  assign(values: readonly unknown[]): void;
}

/** What the generated code gives. */
interface RawFace {
  strict(this: undefined, text: string, parent: unknown): unknown;
  sloppy(this: undefined, text: string, parent: unknown): unknown;
  read(): unknown[];
  assign(values: readonly unknown[]): void;
  first: unknown;
}

type Factory = (...given: unknown[]) => RawFace;

/** Stands in for the parent of a class until that is known; the text may only extend something. */
const Parent = class {};

/** Gives back what it is asked to make: so `super(value)` makes `value` the `this` of a scope. */
function Base(value: object): object {
  return value;
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
const factories = new Map<string, Factory>();
const KEPT_FACTORIES = 1000;

/** What texts may use beside their variables: what the loader plugin writes into them. Set once, by the module that has it. */
export const given: Record<string, unknown> = {
  $plasmidCapture: undefined,
  $plasmidNamed: undefined,
  $plasmidMethods: undefined,
  $plasmidScope: undefined,
  $plasmidImported: undefined,
  $plasmidExported: undefined,
};

/** Whether a variable of a scope may be called this. */
export function isVariableName(name: string): boolean {
  return name === "this" || (IDENTIFIER.test(name) && name !== "eval" && name !== "arguments");
}

/**
 * A scope with these variables, all undefined as yet, and a first function in it, which so is compiled as any other code is. The
 * code is made once for each text.
 *
 * @throws SyntaxError
 */
export function compile(
  names: readonly string[],
  text: string,
  strict: boolean,
): { face: EnvironmentFace; first: unknown } {
  const raw = run(`return ${faceText(names, text, strict)};`);
  return { face: new Face(raw, names), first: raw.first };
}

/** A scope inside of another one. */
export function nestedFace(
  names: readonly string[],
  outer: { build(text: string, strict: boolean): unknown },
): EnvironmentFace {
  const open = outer.build(`($plasmidBase => ${faceText(names, "null", true)})`, false) as (base: unknown) => RawFace;
  return new Face(open(Base), names);
}

/**
 * A function that closes over nothing.
 *
 * @throws SyntaxError, and what a class's body throws
 */
export function buildAlone(text: string, strict: boolean): unknown {
  return run(`${strict ? '"use strict";' : ""}return { first: (0, ${text}\n) };`).first;
}

function run(body: string): RawFace {
  let factory = factories.get(body);
  if (factory === undefined) {
    factory = new Function(...Object.keys(given), PARENT_NAME, "$plasmidBase", body) as Factory;
    if (factories.size >= KEPT_FACTORIES) factories.clear();
    factories.set(body, factory);
  }
  return factory.call(undefined, ...Object.values(given), Parent, Base);
}

class Face implements EnvironmentFace {
  constructor(
    private readonly raw: RawFace & { bind?(value: unknown): void },
    private readonly names: readonly string[],
  ) {}

  evaluate(text: string, strict: boolean): unknown {
    const { raw } = this;
    return (strict ? raw.strict : raw.sloppy).call(undefined, `(${text}\n)`, Parent);
  }

  read(): object {
    const values: Record<string, unknown> = Object.create(null);
    const variables = this.raw.read();
    for (let i = 0; i < this.names.length; i++) values[this.names[i]!] = variables[i];
    return values;
  }

  assign(values: readonly unknown[]): void {
    const at = this.names.indexOf("this");
    if (at >= 0) this.raw.bind!(values[at]);
    this.raw.assign(values);
  }
}

/**
 * An expression for a scope. Direct eval is what lets functions that come later live in the same scope as those before: then one sees
 * what the other assigns.
 */
function faceText(names: readonly string[], first: string, strict: boolean): string {
  for (const name of names) if (!isVariableName(name)) throw new SyntaxError(`${name} is no name for a variable`);
  return names.includes("this") ? boundFaceText(names, first) : plainFaceText(names, first, strict);
}

function plainFaceText(names: readonly string[], first: string, strict: boolean): string {
  return `(function () {
${names.length === 0 ? "" : `let ${names.join(", ")};`}
return {
  strict: function ($plasmidText, ${PARENT_NAME}) { "use strict"; return eval($plasmidText); },
  sloppy: function ($plasmidText, ${PARENT_NAME}) { return eval($plasmidText); },
  read: function () { return [${names.join(", ")}]; },
  assign: function ($plasmidValues) { [${names.join(", ")}] = $plasmidValues; },
  first: (function () { ${strict ? '"use strict"; ' : ""}return (0, ${first}
  ); }).call(undefined),
}; }).call(undefined)`;
}

/**
 * With a `this` for arrow functions. It may be an object that holds the function itself, so the function must be there first. Code in
 * the constructor of a derived class finds its `this` when it runs, not when it is made: whatever \`super\` has given by then.
 */
function boundFaceText(names: readonly string[], first: string): string {
  const variables = names.map(name => (name === "this" ? "$plasmidThis" : name));
  return `new (class extends $plasmidBase { constructor() {
let ${variables.join(", ")};
const $plasmidStrict = ($plasmidText, ${PARENT_NAME}) => eval($plasmidText);
return {
  strict: $plasmidStrict,
  sloppy: $plasmidStrict,
  read: () => [${variables.join(", ")}],
  assign: $plasmidValues => { [${variables.join(", ")}] = $plasmidValues; },
  bind: $plasmidValue => { super($plasmidValue); },
  first: (0, ${first}
  ),
}; } })()`;
}
