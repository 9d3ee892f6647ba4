import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/paths.ts";

/** The revision that all of the history is measured against; moving it starts the history anew. */
export interface Anchor {
  revision: string;
  why: string;
}

/** perf/anchor.json. */
export function readAnchor(): Anchor {
  return JSON.parse(readFileSync(join(root, "perf", "anchor.json"), "utf8"));
}
