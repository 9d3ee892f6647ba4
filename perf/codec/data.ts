import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { arrowColumns, flightColumns } from "../run/flights.ts";

/** One value to encode. */
export interface DataSet {
  readonly about: string;
  /** Too large for those who write texts. */
  readonly bytesAlone?: true;
  /** The value, or a promise of it. */
  make(): unknown;
}

/** Made of nothing but this file and the pinned development dependencies, so that everyone measures the same. */
export const DATA: Readonly<Record<string, DataSet>> = {
  a: { about: "an object of 10 fields", make: flatObject },
  b: { about: "10,000 records with a Date", make: () => list(10_000, record) },
  c: { about: "a graph of 10,000 nodes, with cycles", make: () => graph(10_000) },
  chain: { about: "10,000 nodes, each the next of another", make: () => nodes(10_000) },
  d: { about: "100 Float64Array of 10,000", make: () => list(100, i => doubles(10_000, i)) },
  e: { about: "a Map of 10,000 texts to numbers", make: () => new Map(list(10_000, i => [`key ${i}`, i])) },
  f: { about: "100,000 doubles in an array", make: () => Array.from(doubles(100_000)) },
  g1: { about: "10,000 short ASCII texts", make: () => list(10_000, i => `name ${i * 7919}`) },
  g2: { about: "10,000 short texts, not ASCII", make: () => list(10_000, i => `náme ${i * 7919} ☃`) },
  h: { about: "128 KB of package.json objects", make: manifests },
  h2: { about: "5,000 rows of a package list", make: () => list(5000, packageRow) },
  flights: { about: "20,000 flights, as objects", make: () => vega("flights-20k.json") },
  "flights-arrow": { about: "200,000 flights, as three columns", make: arrowColumns },
  "flights-parquet": { about: "3,000,000 flights, as five columns", bytesAlone: true, make: flightColumns },
  movies: { about: "3,201 films, as objects", make: () => vega("movies.json") },
  orders: { about: "2,000 orders with an address and a list of lines", make: () => list(2000, order) },
  points: { about: "1,000 objects, each with a Float64Array of 3", make: () => list(1000, point) },
  tree: { about: "a tree of 9,841 objects, three below each", make: () => tree(8) },
};

function list<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function flatObject(): unknown {
  return {
    id: 12_345,
    name: "John Smith",
    email: "john@example.com",
    active: true,
    score: 98.6,
    tags: ["a", "b", "c"],
    address: { street: "1 Main St", city: "Springfield" },
    visits: 1_700_000_000,
    rating: 4.5,
    notes: null,
  };
}

function record(i: number): unknown {
  return {
    id: i,
    name: `name ${i}`,
    group: `g${i % 10}`,
    score: i / 3,
    active: i % 2 === 0,
    made: new Date(1.7e12 + hash(i) * 1000),
    note: null,
    rank: i % 100,
  };
}

function point(i: number): unknown {
  return { id: i, at: doubles(3, i) };
}

interface Node {
  id: number;
  label: string;
  parent: Node | null;
  peer: Node | null;
  children: Node[];
}

/** Every node knows those below it, the one above it and any other: no deeper than a peer that recurses can go. */
function graph(count: number): Node[] {
  const all = list<Node>(count, i => ({ id: i, label: `n${i % 50}`, parent: null, peer: null, children: [] }));
  all.forEach((node, i) => {
    const parent = all[(i - 1) >> 2];
    if (parent !== undefined) parent.children.push(node);
    node.parent = parent ?? null;
    node.peer = all[hash(i) % (i + 1)]!;
  });
  return all;
}

function nodes(count: number): unknown {
  const all = list(count, i => ({ id: i, next: null as unknown, peer: null as unknown, label: `n${i % 50}` }));
  all.forEach((node, i) => {
    node.next = all[(i + 1) % count];
    node.peer = all[(i * 7919) % count];
  });
  return all;
}

function doubles(count: number, from = 0): Float64Array {
  return new Float64Array(count).map((_, i) => Math.sqrt(from + i + 0.5));
}

/** The manifests of what is installed, in order of their names, up to 128 KB of JSON. */
function manifests(): unknown[] {
  const found: unknown[] = [];
  let bytes = 0;
  for (const path of manifestPaths(join(import.meta.dir, "../../node_modules"))) {
    const text = readFileSync(path, "utf8");
    if (bytes + text.length > 128 * 1024) continue;
    bytes += text.length;
    found.push(JSON.parse(text));
  }
  return found;
}

function manifestPaths(folder: string): string[] {
  const paths: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (name.startsWith(".")) continue;
    const inner = join(folder, name);
    if (name.startsWith("@")) paths.push(...manifestPaths(inner));
    else if (statSync(join(inner, "package.json"), { throwIfNoEntry: false })) paths.push(join(inner, "package.json"));
  }
  return paths;
}

const WORDS =
  "lib core data tools common runtime headers support network graphics audio fonts python perl java doc".split(" ");
const SECTIONS = ["admin", "devel", "doc", "games", "libs", "net", "science", "text", "utils"];

function packageRow(i: number): unknown {
  const word = (salt: number) => WORDS[hash(i * 7 + salt) % WORDS.length]!;
  return {
    name: `${word(1)}-${word(2)}${i}`,
    version: `${hash(i) % 10}.${hash(i + 1) % 40}.${hash(i + 2) % 100}-${(hash(i + 3) % 9) + 1}`,
    section: SECTIONS[hash(i + 4) % SECTIONS.length],
    architecture: hash(i + 5) % 3 === 0 ? "all" : "amd64",
    size: hash(i + 6) % 10_000_000,
    installed: hash(i + 7) % 100_000,
    essential: hash(i + 8) % 50 === 0,
    description: `${word(3)} ${word(4)} for ${word(5)} and ${word(6)}`,
  };
}

function order(i: number): unknown {
  return {
    id: i,
    placed: 1.7e12 + hash(i),
    customer: { name: `customer ${hash(i) % 500}`, address: { street: `${i % 90} Main St`, city: WORDS[i % 16] } },
    lines: list((hash(i) % 4) + 1, n => ({ sku: `sku-${hash(i + n) % 900}`, count: n + 1, price: hash(i - n) % 99 })),
    paid: i % 3 !== 0,
  };
}

interface Branch {
  depth: number;
  name: string;
  children: Branch[];
}

function tree(depth: number): Branch {
  return { depth, name: `level ${depth}`, children: depth === 0 ? [] : list(3, () => tree(depth - 1)) };
}

function vega(name: string): unknown {
  const folder = dirname(Bun.resolveSync("vega-datasets/package.json", import.meta.dir));
  return JSON.parse(readFileSync(join(folder, "data", name), "utf8"));
}

/** A number of 31 bits that looks random and is always the same. */
function hash(i: number): number {
  let mixed = Math.imul(i ^ (i >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) & 0x7fffffff;
}
