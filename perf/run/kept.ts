import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../../scripts/paths.ts";

/** Where a file of the harness is kept between its commands: below build/perf, or where PLASMID_PERF_KEPT says. */
export function keptFile(name: string): string {
  return join(process.env.PLASMID_PERF_KEPT ?? join(root, "build", "perf"), name);
}

/** Keeps a document for other commands. */
export function keep(name: string, document: unknown): void {
  const file = keptFile(name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(document)}\n`);
}

/** A document that was kept; undefined if there is none. */
export function kept<T>(name: string): T | undefined {
  try {
    return JSON.parse(readFileSync(keptFile(name), "utf8")) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
