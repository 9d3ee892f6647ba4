import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/paths.ts";

/** A level shift that is known, and why it is there: it is no news. */
export interface Mark {
  probe: string;
  /** The first revision of the new level. */
  revision: string;
  why: string;
}

export const MARKS = join(root, "perf", "marks.json");

export function readMarks(file = MARKS): Mark[] {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Adds a mark, in place of one that there was for the same shift. */
export function addMark(mark: Mark, file = MARKS): void {
  const others = readMarks(file).filter(({ probe, revision }) => probe !== mark.probe || revision !== mark.revision);
  writeFileSync(file, `${JSON.stringify([...others, mark], null, 2)}\n`);
}
