import type { Source } from "./source.ts";

/** The nouns of a tree from the ground up. Those that share a floor never see each other. */
export type Floors = string[][];

/**
 * Reads the floors from a README: the nouns in the code spans that open each line of its numbered list.
 * `1. \`codec\`, \`native\`: ...` is a floor of two.
 */
export function readFloors(readme: string): Floors {
  const lines = readme.matchAll(/^\d+\.[ \t]+(`[\w-]+`(?:,[ \t]*`[\w-]+`)*)/gm);
  return [...lines].map(line => [...line[1]!.matchAll(/`([^`]+)`/g)].map(span => span[1]!));
}

/** Everything in the tree that breaks the floors, one sentence each; none if it stands. */
export function violations(sources: Source[], floors: Floors): string[] {
  const floorOf = new Map(floors.flatMap((nouns, floor) => nouns.map(noun => [noun, floor] as const)));
  return [...strays(sources, floorOf), ...climbs(sources, floorOf), ...cycles(sources)];
}

/** A tree's first step names the noun: its folder, or a file's own name. */
function nounOf(path: string): string {
  return path.split("/")[0]!.replace(/\.(ts|c|h)$/, "");
}

function strays(sources: Source[], floorOf: Map<string, number>): string[] {
  return sources
    .filter(source => !floorOf.has(nounOf(source.path)))
    .map(source => `${source.path} stands on no floor: give \`${nounOf(source.path)}\` a line in the README`);
}

function climbs(sources: Source[], floorOf: Map<string, number>): string[] {
  const found: string[] = [];
  for (const { path, uses } of sources) {
    const own = floorOf.get(nounOf(path));
    for (const used of uses) {
      const other = floorOf.get(nounOf(used));
      if (own === undefined || other === undefined || nounOf(used) === nounOf(path)) continue;
      if (other > own) found.push(`${path} uses ${used}, which stands above it`);
      if (other === own) found.push(`${path} uses ${used}, which stands beside it`);
    }
  }
  return found;
}

/** Cycles of files; a C file and its header are one, so that two nouns cannot lean on each other. */
function cycles(sources: Source[]): string[] {
  const unit = (path: string) => path.replace(/\.[ch]$/, "");
  const edges = new Map<string, Set<string>>();
  for (const { path, uses } of sources) {
    const from = unit(path);
    const to = edges.get(from) ?? new Set();
    for (const used of uses) if (used !== path && !(unit(used) === from && /\.[ch]$/.test(used))) to.add(unit(used));
    edges.set(from, to);
  }
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (node: string, trail: string[]) => {
    const seenAt = trail.indexOf(node);
    if (seenAt >= 0) {
      found.push(`a cycle: ${[...trail.slice(seenAt), node].join(" -> ")}`);
      return;
    }
    if (done.has(node)) return;
    for (const next of edges.get(node) ?? []) visit(next, [...trail, node]);
    done.add(node);
  };
  for (const node of edges.keys()) visit(node, []);
  return found;
}
