import type { Node } from "acorn";
import type { Scope, Variable } from "eslint-scope";
import type { Closure } from "./closure.ts";
import type { Module } from "./module.ts";

/**
 * Variables of one scope that functions assign, and so have to share. They are declared to the codec at the start of the scope, and
 * functions refer to that declaration.
 */
export interface Cell {
  readonly name: string;
  readonly scope: Scope;
  readonly variables: readonly Variable[];
  /** The cell of the nearest scope around that some function uses together with this one. */
  readonly outer: Cell | null;
  /** Where the declaration goes. */
  readonly at: number;
  /** Of a module: may be used by hoisted functions before it is declared. */
  readonly isTop: boolean;
}

/** The cells of a module, by variable. */
export function cellsOf(module: Module, closures: readonly Closure[]): ReadonlyMap<Variable, Cell> {
  const groups = new Groups();
  for (const { node, variables } of closures) {
    const shared = variables.filter(isAssigned);
    for (const variable of shared) groups.join(shared[0]!, variable);
    for (const variable of shared) if (!isVisible(module, variable.scope, node)) groups.exclude(variable);
  }
  const cells = new Map<Variable, Cell>();
  let count = 0;
  for (const group of groups.list()) {
    const byScope = Map.groupBy(group, variable => variable.scope);
    const made = new Map<Scope, Cell>();
    for (const scope of [...byScope.keys()].sort((a, b) => depth(a) - depth(b))) {
      const variables = byScope.get(scope)!;
      const body = bodyOf(module, scope)!;
      const cell: Cell = {
        name: `$plasmidScope${++count}`,
        scope,
        variables,
        outer: nearest(scope.upper, made),
        at: startOf(body),
        isTop: body.type === "Program",
      };
      made.set(scope, cell);
      for (const variable of variables) cells.set(variable, cell);
    }
  }
  return cells;
}

/** Whether a variable is assigned after it was declared. */
function isAssigned(variable: Variable): boolean {
  return variable.references.some(reference => reference.isWrite() && reference.init !== true);
}

/** Variables that functions use together. */
class Groups {
  private readonly groupOf = new Map<Variable, Set<Variable>>();
  private readonly excluded = new Set<Variable>();

  join(a: Variable, b: Variable): void {
    const into = this.groupOf.get(a) ?? new Set([a]);
    for (const one of this.groupOf.get(b) ?? [b]) into.add(one);
    for (const one of into) this.groupOf.set(one, into);
  }

  exclude(variable: Variable): void {
    this.excluded.add(variable);
  }

  list(): Variable[][] {
    const sets = [...new Set(this.groupOf.values())];
    return sets.map(set => [...set].filter(one => !this.excluded.has(one))).filter(set => set.length > 0);
  }
}

function nearest(scope: Scope | null, made: ReadonlyMap<Scope, Cell>): Cell | null {
  for (let one = scope; one !== null; one = one.upper) {
    const cell = made.get(one);
    if (cell !== undefined) return cell;
  }
  return null;
}

function depth(scope: Scope): number {
  return scope.upper === null ? 0 : 1 + depth(scope.upper);
}

/** Whether a declaration at the start of the scope can be seen from a function. */
function isVisible(module: Module, scope: Scope, node: Node): boolean {
  const body = bodyOf(module, scope);
  return body !== null && node.start >= startOf(body) && node.end <= body.end;
}

/** The statements in which a scope's variables live; null if there is no place for a declaration. */
function bodyOf(module: Module, scope: Scope): Node | null {
  if (scope === module.scope) return module.program;
  const block = scope.block as unknown as Node & { body?: Node };
  if (scope.type === "block") return block.type === "BlockStatement" ? block : null;
  if (scope.type !== "function" && scope.type !== "for" && scope.type !== "catch") return null;
  return block.body?.type === "BlockStatement" ? block.body : null;
}

/** Behind the brace and the directives of a block, or at the start of a program. */
export function startOf(body: Node): number {
  const { body: statements } = body as Node & { body: (Node & { directive?: string })[] };
  const directives = statements.filter(statement => statement.directive !== undefined);
  if (directives.length > 0) return directives.at(-1)!.end;
  return body.type === "Program" ? (statements[0]?.start ?? body.end) : body.start + 1;
}
