import { installPrograms } from "./debian.ts";
import { leftBehind, sharedFiles } from "./leftovers.ts";
import { linters } from "./lint.ts";
import { presets } from "./paths.ts";
import { type Outcome, Report } from "./report.ts";
import { buildCore, setUp } from "./setup.ts";
import { runCoreTests, runSpecs } from "./suite.ts";

const done: Outcome = { passed: 1, failed: 0 };
const failed = (output: string): Outcome => ({ passed: 0, failed: 1, output });

const report = new Report();

async function sources(): Promise<void> {
  for (const { name, lint } of linters) {
    await report.step(`lint: ${name}`, async () => {
      const { code, output } = await lint(false);
      return code === 0 ? done : failed(output);
    });
  }
}

async function core(): Promise<void> {
  for (const preset of presets) {
    const built = await report.step(`core: build, ${preset}`, async () => {
      await buildCore(preset);
      return done;
    });
    if (built) await report.step(`core: tests, ${preset}`, () => runCoreTests(preset));
  }
}

async function specs(): Promise<void> {
  await report.step("specs, release library", () => runSpecs("spec"));
  await report.step("specs, checked library", () => runSpecs("spec/store", "debug"));
}

const before = sharedFiles();
const ready = await report.step("set-up", async () => {
  await setUp();
  return done;
});
if (ready) {
  await report.step("programs that tests use", async () => {
    const missing = await installPrograms();
    return { ...done, skipped: missing.length, output: `missing: ${missing.join(", ")}` };
  });
  await sources();
  await core();
  await specs();
  await report.step("shared memory is as it was", async () => {
    const left = await leftBehind(before);
    return left.length === 0 ? done : failed(left.join("\n"));
  });
}
process.exit(report.finish());
