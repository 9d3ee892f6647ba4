import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";

/** A file and the files of the same tree that it imports or includes, as paths within the tree. */
export interface Source {
  path: string;
  uses: string[];
}

/** What the package calls itself: an import by that name is an import of its top floor. */
const ownEntries = new Map([
  ["plasmid", "index.ts"],
  ["plasmid/codec", "codec/index.ts"],
]);

// Comments and strings are matched so as to be passed over: what they say about imports is no import.
const typeScriptUse =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|\b(?:from|import|require|URL)\s*\(?\s*(["'])([^"'\n]+)\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;

const cUse = /^[ \t]*#[ \t]*include[ \t]*"([^"]+)"/gm;

/** The TypeScript files below a folder, with their imports: of values, of types, and of workers' files. */
export function typeScriptSources(folder: string): Source[] {
  return list(folder, "**/*.ts").map(path => {
    const text = readFileSync(join(folder, path), "utf8");
    const specifiers = [...text.matchAll(typeScriptUse)].flatMap(match => match[2] ?? []);
    return { path, uses: specifiers.flatMap(specifier => resolveImport(folder, path, specifier)) };
  });
}

/** The C files below a folder, with the headers of the same folder that they include. */
export function cSources(folder: string): Source[] {
  return list(folder, "**/*.{c,h}").map(path => {
    const text = readFileSync(join(folder, path), "utf8");
    const names = [...text.matchAll(cUse)].map(match => match[1]!);
    return { path, uses: names.flatMap(name => resolveInclude(folder, path, name)) };
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
