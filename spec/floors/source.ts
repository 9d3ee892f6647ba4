import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";

/** A file and the files of the same tree that it imports or includes, as paths within the tree. */
export interface Source {
  path: string;
  uses: Use[];
}

export interface Use {
  path: string;
  /** A type alone: gone when the program runs, so it orders nothing there. */
  type: boolean;
}

/** What the package calls itself: an import by that name is an import of its top floor. */
const ownEntries = new Map([
  ["plasmid", "index.ts"],
  ["plasmid/codec", "codec/index.ts"],
]);

// Comments and strings are matched so as to be passed over: what they say about imports is no import.
const typeScriptUse = new RegExp(
  [
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*/,
    /\b(?:import|export)\s+(?<type>type\s+(?!from\b|,))?[^"'`;()]*?\bfrom\s*(?<q>["'])(?<from>[^"'\n]+)\k<q>/,
    /\b(?:import|require|URL)\s*\(?\s*(?<r>["'])(?<call>[^"'\n]+)\k<r>/,
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/,
  ]
    .map(part => part.source)
    .join("|"),
  "g",
);

const cUse = /^[ \t]*#[ \t]*include[ \t]*"([^"]+)"/gm;

/** The TypeScript files below a folder, with their imports: of values, of types, and of workers' files. */
export function typeScriptSources(folder: string): Source[] {
  return list(folder, "**/*.ts").map(path => {
    const text = readFileSync(join(folder, path), "utf8");
    const uses = [...text.matchAll(typeScriptUse)].flatMap(({ groups }) => {
      const found = resolveImport(folder, path, groups?.from ?? groups?.call ?? "");
      return found.map(path => ({ path, type: groups?.type !== undefined }));
    });
    return { path, uses };
  });
}

/** The C files below a folder, with the headers of the same folder that they include. */
export function cSources(folder: string): Source[] {
  return list(folder, "**/*.{c,h}").map(path => {
    const text = readFileSync(join(folder, path), "utf8");
    const names = [...text.matchAll(cUse)].map(match => match[1]!);
    const uses = names.flatMap(name => resolveInclude(folder, path, name));
    return { path, uses: uses.map(path => ({ path, type: false })) };
  });
}

function list(folder: string, pattern: string): string[] {
  return [...new Bun.Glob(pattern).scanSync(folder)].sort();
}

function resolveImport(folder: string, from: string, specifier: string): string[] {
  const own = ownEntries.get(specifier);
  if (own) return [own];
  if (!specifier.startsWith(".")) return [];
  const bare = normalize(join(dirname(from), specifier));
  const found = [bare, `${bare}.ts`, join(bare, "index.ts")].find(path => isFile(folder, path));
  return found ? [found] : [];
}

function resolveInclude(folder: string, from: string, name: string): string[] {
  const found = [join(dirname(from), name), name, join("include", name)]
    .map(normalize)
    .find(path => isFile(folder, path));
  return found ? [found] : [];
}

function isFile(folder: string, path: string): boolean {
  return basename(path).includes(".") && existsSync(join(folder, path));
}
