import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, tail } from "./command.ts";
import { builtLibrary, type Preset } from "./paths.ts";
import type { Outcome } from "./report.ts";

/** Runs the C tests of one preset. */
export function runCoreTests(preset: Preset): Promise<Outcome> {
  return withReport(file => run(["ctest", "--preset", preset, "--output-junit", file]));
}

/** Runs the TypeScript tests below some folders (all, if none is named), against one library. */
export function runSpecs(folders: string[], library?: Preset): Promise<Outcome> {
  const env: Record<string, string> = library ? { PLASMID_LIBRARY: builtLibrary(library) } : {};
  return withReport(file =>
    run(
      [process.execPath, "test", ...folders, "--only-failures", "--reporter=junit", `--reporter-outfile=${file}`],
      env,
    ),
  );
}

/** Both runners write JUnit's XML, whose root counts the tests. */
async function withReport(suite: (file: string) => ReturnType<typeof run>): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "plasmid-verify-"));
  try {
    const file = join(folder, "junit.xml");
    const { code, output } = await suite(file);
    const outcome = counted(file);
    // A runner that crashed may have no failure on record, or no record.
    if (code !== 0 && outcome.failed === 0) outcome.failed = 1;
    return { ...outcome, output: tail(output, 80) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function counted(file: string): Outcome {
  let xml: string;
  try {
    xml = readFileSync(file, "utf8");
  } catch {
    return { passed: 0, failed: 1 };
  }
  const count = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(xml)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  const skipped = count("skipped");
  return { passed: count("tests") - failed - skipped, failed, skipped };
}
