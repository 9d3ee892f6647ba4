import fc from "fast-check";
import { containers, leaves, scalars } from "./samples.ts";

/** An edge: node `from` gets node `to` for a member. */
export interface Edge {
  readonly from: number;
  readonly to: number;
}

/** How to build a graph: again and again the same one, of fresh objects. */
export interface GraphRecipe {
  /** How many nodes there are. The root is an array of them all. */
  readonly nodes: number;
  readonly edges: readonly Edge[];
  /** Whether an edge can be told by its target: the node that it starts from keeps all its members. */
  keeps(edge: Edge): boolean;
  build(edges?: readonly Edge[]): unknown[];
}

const kinds = [...containers.map(one => one.name), ...leaves.map(one => one.name), ...scalars.map(one => one.name)];

/**
 * Whole object graphs: every type of `samples.ts`, and edges from any container to any node: trees, shared parts, cycles of any length
 * through any kinds. Containers are three quarters of the nodes, or little would hang together.
 */
export const graph: fc.Arbitrary<GraphRecipe> = fc
  .tuple(
    fc.array(
      fc.oneof(
        { arbitrary: fc.nat({ max: containers.length - 1 }), weight: 3 },
        { arbitrary: fc.nat({ max: kinds.length - 1 }), weight: 1 },
      ),
      { minLength: 1, maxLength: 30 },
    ),
    fc.array(fc.nat(30), { maxLength: 6 }),
    fc.array(fc.record({ from: fc.nat(1000), to: fc.nat(1000) }), { maxLength: 90 }),
  )
  .map(([picked, locks, edges]) => recipe(picked, locks, edges));

const LOCKS = [Object.preventExtensions, Object.seal, Object.freeze];

/** Kinds of nodes by their place in the table, nodes that are locked in the end, edges. */
function recipe(picked: readonly number[], locks: readonly number[], edges: readonly Edge[]): GraphRecipe {
  const nodes = picked.length;
  const kindOf = (node: number) => picked[node % nodes]!;
  return {
    nodes,
    edges,
    keeps: ({ from }) => kindOf(from) < containers.length && containers[kindOf(from)]!.unique !== true,
    build: (others = edges) => build(picked, locks, others),
    [fc.toStringMethod]: () =>
      `nodes ${picked.map(kind => kinds[kind]).join(", ")}; locks ${locks.join(" ")}; edges ${edges.map(({ from, to }) => `${from % nodes}>${to % nodes}`).join(" ")}`,
  } as GraphRecipe;
}

function build(picked: readonly number[], locks: readonly number[], edges: readonly Edge[]): unknown[] {
  const made = picked.map(kind => {
    if (kind < containers.length) return containers[kind]!.make();
    return [...leaves, ...scalars][kind - containers.length]!.make();
  });
  for (const [n, { from, to }] of edges.entries()) {
    const kind = picked[from % made.length]!;
    if (kind < containers.length) {
      containers[kind]!.attach(made[from % made.length] as object, made[to % made.length], n);
    }
  }
  for (const [n, lock] of locks.entries()) {
    const node = made[lock % made.length];
    const kind = containers[picked[lock % made.length]!];
    if (kind !== undefined && kind.custom !== true) LOCKS[n % LOCKS.length]!(node as object);
  }
  return made;
}
