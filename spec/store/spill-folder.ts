import { afterEach } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders: string[] = [];

/** To be called once a file, after `cleanUpAfterEach`. */
export function removeFoldersAfterEach(): void {
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
}

/** A folder to spill to, which goes after the test. */
export function spillFolder(): string {
  const made = mkdtempSync(join(tmpdir(), "plasmid-spec-spill-"));
  folders.push(made);
  return made;
}

/** The paths of all files below. */
export function filesIn(...roots: string[]): string[] {
  return roots.flatMap(root =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name)),
  );
}
