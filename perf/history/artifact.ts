import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Side } from "../compare/pair.ts";

/** What was measured, in 16 digits: the library and the sources that were loaded, or others. */
export function artifactOf({ tree, library }: Side, sources = "src/**/*.ts"): string {
  const hash = createHash("sha256").update(readFileSync(library));
  for (const path of [...new Bun.Glob(sources).scanSync(tree)].sort()) {
    hash.update(path).update(readFileSync(join(tree, path)));
  }
  return hash.digest("hex").slice(0, 16);
}
