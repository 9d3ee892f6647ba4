import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, tail } from "./command.ts";
import { builtLibrary, type Preset, root } from "./paths.ts";
import { type Outcome, tally } from "./report.ts";

/** Runs the C tests of one preset. */
export function runCoreTests(preset: Preset): Promise<Outcome> {
  return withReport(file => run(["ctest", "--preset", preset, "--output-junit", file]));
}

/** A file that takes longer hangs. */
const specTimeoutMs = 300_000;
/** A test that collects garbage by the hundred takes long where others compute too. */
const testTimeoutMs = 60_000;

/**
 * Runs the specs below a folder against one library. Each file has a process of its own: one that crashes
 * takes no other with it.
 */
export async function runSpecs(folder: string, library?: Preset): Promise<Outcome> {
  // The debug library checks the whole segment after every operation: whoever makes a million must make fewer.
  const env: Record<string, string> = library
    ? { PLASMID_LIBRARY: builtLibrary(library), PLASMID_TEST_QUICK: "1" }
    : {};
  const sum = { passed: 0, failed: 0, skipped: 0, output: "" };
  for (const spec of [...new Bun.Glob(`${folder}/**/*.spec.ts`).scanSync(root)].sort()) {
    const start = performance.now();
    const outcome = await withReport(file =>
      run(
        [
          process.execPath,
          "test",
          `./${spec}`,
          "--only-failures",
          `--timeout=${testTimeoutMs}`,
          "--reporter=junit",
          `--reporter-outfile=${file}`,
        ],
        {
          env,
          timeoutMs: specTimeoutMs,
        },
      ),
    );
    sum.passed += outcome.passed;
    sum.failed += outcome.failed;
    sum.skipped += outcome.skipped ?? 0;
    if (outcome.failed > 0) sum.output += `${outcome.output}\n`;
    const seconds = (performance.now() - start) / 1000;
    console.log(`  ${spec}: ${tally(outcome)}, ${seconds.toFixed(1)} s`);
  }
  if (sum.passed + sum.failed === 0) return { passed: 0, failed: 1, output: `no specs below ${folder}` };
  return sum;
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
