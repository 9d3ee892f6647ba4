import type { Class, Function as FunctionNode, Node, ObjectExpression, Property } from "acorn";
import type { Variable } from "eslint-scope";
import { applyEdits, type Edit } from "../codec/code/edits.ts";
import { type Cell, cellsOf, startOf } from "./cells.ts";
import { type Closure, closuresOf } from "./closure.ts";
import { isModule, type Module, parseModule } from "./module.ts";
import { naming } from "./naming.ts";

const CAPTURE = "$plasmidCapture";
const SCOPE = "$plasmidScope";
const NAMED = "$plasmidNamed";
const METHODS = "$plasmidMethods";
const IMPORTED = "$plasmidImported";
const EXPORTED = "$plasmidExported";

/**
 * A module in which each function and class says what it closes over. Nothing is moved to another line, so errors still show the
 * right one.
 *
 * @param runtime the module that has `capture`, as an absolute path
 * @returns null if there is nothing to say, or the text is not understood: then the module should run as it is
 */
export function rewrite(text: string, path: string, runtime: string): string | null {
  let module: Module;
  try {
    module = parseModule(text, /x$/.test(path));
  } catch {
    return null;
  }
  if (!isModule(module, path)) return null;
  const closures = closuresOf(module);
  const edits = new Rewriter(module, closures).edits();
  if (edits.length === 0) return null;
  const names = `capture as ${CAPTURE}, captureNamed as ${NAMED}, scope as ${SCOPE}, captureMethods as ${METHODS}, imported as ${IMPORTED}, exported as ${EXPORTED}`;
  const header = `import { ${names} } from ${JSON.stringify(runtime)};`;
  return applyEdits(text, [{ start: startOf(module.program), end: startOf(module.program), text: header }, ...edits]);
}

class Rewriter {
  private readonly cells: ReadonlyMap<Variable, Cell>;
  private readonly methods = new Map<ObjectExpression, string[]>();
  private readonly opening: Edit[] = [];
  private readonly found: Edit[] = [];

  constructor(
    private readonly module: Module,
    private readonly closures: readonly Closure[],
  ) {
    this.cells = cellsOf(module, closures);
  }

  edits(): Edit[] {
    for (const closure of this.closures) this.add(closure);
    for (const [object, table] of this.methods) this.wrap(object, `${METHODS}(`, `, { ${table.join(", ")} })`);
    const declared = [...new Set(this.cells.values())].map(cell => insert(cell.at, declaration(cell)));
    return [...declared, ...this.opening, ...this.found];
  }

  private add(closure: Closure): void {
    const { node } = closure;
    const parent = this.module.parents.get(node)!;
    if (node.type === "FunctionDeclaration") this.addFunctionDeclaration(closure, node as FunctionNode, parent);
    else if (node.type === "ClassDeclaration") this.addClassDeclaration(closure, node as Class, parent);
    else if (parent.type === "Property" && isMethod(parent as Property)) this.addMethod(closure, parent as Property);
    else if (parent.type !== "MethodDefinition") this.addExpression(closure, parent);
  }

  /** Hoisted, so it is there from the start of its block. */
  private addFunctionDeclaration(closure: Closure, node: FunctionNode, parent: Node): void {
    if (!node.id) return;
    const block = /^Export/.test(parent.type) ? this.module.parents.get(parent)! : parent;
    const isBlock = block.type === "Program" || block.type === "BlockStatement";
    if (!isBlock && block.type !== "SwitchCase") return;
    const at = isBlock ? startOf(block) : node.start;
    this.opening.push(insert(at, `${this.call(closure, node.id.name)};`));
  }

  private addClassDeclaration(closure: Closure, node: Class, parent: Node): void {
    if (node.id) {
      const end = /^Export/.test(parent.type) ? parent.end : node.end;
      this.found.push(insert(end, `;${this.call(closure, node.id.name)};`));
    } else if (parent.type === "ExportDefaultDeclaration" && this.module.text.startsWith("class", node.start)) {
      this.addExpression(closure, parent);
    }
  }

  /** An object's methods are captured when the object is made. */
  private addMethod(closure: Closure, property: Property): void {
    const object = this.module.parents.get(property) as ObjectExpression;
    const key = property.computed ? null : this.module.text.slice(property.key.start, property.key.end);
    if (key === null || key === "__proto__" || object.type !== "ObjectExpression") return;
    const table = this.methods.get(object) ?? [];
    this.methods.set(object, table);
    table.push(`${key}: [${this.arguments(closure)}]`);
  }

  private addExpression(closure: Closure, parent: Node): void {
    const { node } = closure;
    const isCalled = parent.type === "CallExpression" && (parent as Node & { callee: Node }).callee === node;
    if (isCalled) return;
    const name = (node as FunctionNode).id ? "" : naming(node, parent);
    if (name === null) return;
    const before = name === "" ? `${CAPTURE}(` : `${NAMED}({ ${name}: `;
    const after = name === "" ? "" : ` }, ${name}`;
    const isNew = parent.type === "NewExpression" && (parent as Node & { callee: Node }).callee === node;
    const [open, close] = isNew ? ["(", ")"] : ["", ""];
    const end = this.endsStatement(node) ? ";" : "";
    this.wrap(node, `${open}${before}`, `${after}, ${this.arguments(closure)})${close}${end}`);
  }

  /**
   * Whether the statement ends behind an arrow function only because nothing that may follow one is on the next line: as an argument
   * it would go on there.
   */
  private endsStatement(node: Node): boolean {
    if (node.type !== "ArrowFunctionExpression" || (node as FunctionNode).body.type !== "BlockStatement") return false;
    const next = /^(?:[^\S\n]|\/\/.*|\/\*[\s\S]*?\*\/)*\n(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)*(.)/.exec(
      this.module.text.slice(node.end),
    );
    return next !== null && "([`+-*/.<?".includes(next[1]!);
  }

  private wrap(node: Node, before: string, after: string): void {
    this.found.push({ start: node.start, end: node.start, text: before });
    // Of two that end at one place the inner one ends first.
    this.found.unshift({ start: node.end, end: node.end, text: after });
  }

  private call(closure: Closure, name: string): string {
    return `${CAPTURE}(${name}, ${this.arguments(closure)})`;
  }

  /** What stands behind the function: its captures, and the cell that it shares. */
  private arguments({ node, variables, usesThis, usesJsx }: Closure): string {
    const own = variables.filter(variable => !this.cells.has(variable)).map(variable => this.member(variable));
    if (usesThis) own.push("this: this");
    if (usesJsx) own.push(...this.jsxMembers(node, usesThis));
    const cells = [...variables.map(variable => this.cells.get(variable)), ...this.cellsNamedIn(node)].filter(
      cell => cell !== undefined,
    );
    const innermost = cells.toSorted((a, b) => b.at - a.at)[0];
    const captures = own.length === 0 ? "() => ({})" : `() => ({ ${own.join(", ")} })`;
    return innermost === undefined ? captures : `${captures}, ${innermost.name}`;
  }

  /** What compiled JSX calls, by the names it has there. In development it is also handed `this`, for messages alone. */
  private jsxMembers(node: Node, usesThis: boolean): string[] {
    const { module, names } = this.module.jsx!;
    const members = [...names].map(
      ([name, exported]) => `${name}: ${EXPORTED}(${JSON.stringify(module)}, "${exported}")`,
    );
    if (node.type === "ArrowFunctionExpression" && !usesThis) members.push("this: undefined");
    return members;
  }

  /** The cells that declarations inside of a function name as the ones around theirs. */
  private cellsNamedIn({ start, end }: Node): Cell[] {
    const isInside = ({ at }: Cell) => at > start && at < end;
    const outer = [...this.cells.values()].filter(isInside).map(cell => cell.outer);
    return outer.filter(cell => cell !== null && !isInside(cell)) as Cell[];
  }

  /** What was imported from a package goes by its name; what this program's own files export is its own. */
  private member({ name, defs }: Variable): string {
    const definition = defs[0] as unknown as { type: string; node: Node; parent: Node } | undefined;
    if (definition?.type !== "ImportBinding") return name;
    const { source } = definition.parent as Node & { source: { value: string } };
    if (/^[./]|^file:/.test(source.value)) return name;
    const { type, imported } = definition.node as Node & { imported?: { name?: string; value?: string } };
    const exported = type === "ImportNamespaceSpecifier" ? "" : (imported?.name ?? imported?.value ?? "default");
    return `${name}: ${IMPORTED}(${name}, ${JSON.stringify(source.value)}, ${JSON.stringify(exported)})`;
  }
}

function insert(at: number, text: string): Edit {
  return { start: at, end: at, text };
}

function declaration({ name, variables, outer, isTop }: Cell): string {
  const list = variables.map(variable => variable.name).join(", ");
  const around = outer === null ? "" : `, ${outer.name}`;
  return `${isTop ? "var" : "const"} ${name} = ${SCOPE}(() => ({ ${list}, ${name} })${around});`;
}

function isMethod(property: Property): boolean {
  return property.method || property.kind !== "init";
}
