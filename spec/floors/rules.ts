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
    for (const { path: used } of uses) {
      const other = floorOf.get(nounOf(used));
      if (own === undefined || other === undefined || nounOf(used) === nounOf(path)) continue;
      if (other > own) found.push(`${path} uses ${used}, which stands above it`);
      if (other === own) found.push(`${path} uses ${used}, which stands beside it`);
    }
  }
  return found;
}

/**
 * Files that lean on one another; a C file and its header are one, so that two nouns cannot. Types may: two
 * that describe each other are no cycle when the program runs.
 */
function cycles(sources: Source[]): string[] {
  const unit = (path: string) => path.replace(/\.[ch]$/, "");
  const edges = new Map<string, Set<string>>();
  for (const { path, uses } of sources) {
    const to = edges.get(unit(path)) ?? new Set();
    for (const used of uses) if (!used.type && unit(used.path) !== unit(path)) to.add(unit(used.path));
    edges.set(unit(path), to);
  }
  const reported = new Set<string>();
  const found: string[] = [];
  for (const start of edges.keys()) {
    const cycle = shortestCycle(start, edges);
    // One sentence for each knot, not one for every way around it.
    if (!cycle || cycle.some(node => reported.has(node))) continue;
    for (const node of cycle) reported.add(node);
    found.push(`a cycle: ${[...cycle, start].join(" -> ")}`);
  }
  return found;
}

/** Breadth first from a file back to itself. */
function shortestCycle(start: string, edges: Map<string, Set<string>>): string[] | undefined {
  const trails: string[][] = [[start]];
  const seen = new Set<string>();
  for (const trail of trails) {
    for (const next of edges.get(trail.at(-1)!) ?? []) {
      if (next === start) return trail;
      if (!seen.has(next)) trails.push([...trail, next]);
      seen.add(next);
    }
  }
  return undefined;
}
