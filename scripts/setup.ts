import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { run, tail } from "./command.ts";
import { builtLibrary, type Preset, root, shippedLibrary } from "./paths.ts";
import { missingTools } from "./toolchain.ts";

/** A step of the set-up that did not work; its message is all that a person needs. */
export class SetupError extends Error {}

/** Brings node_modules to what bun.lock says. Says whether anything was installed. */
export async function installPackages(): Promise<boolean> {
  const { code, output } = await run([process.execPath, "install", "--frozen-lockfile"]);
  if (code !== 0) throw new SetupError(`bun install failed:\n${tail(output, 20)}`);
  return !output.includes("(no changes)");
}

/** Configures and builds one preset. Says whether the library is a new one. */
export async function buildCore(preset: Preset): Promise<boolean> {
  const missing = missingTools();
  if (missing) throw new SetupError(missing);
  const library = builtLibrary(preset);
  const before = modifiedAt(library);
  mkdirSync(join(root, "build"), { recursive: true });
  await cmake(["--preset", preset], preset);
  await cmake(["--build", "--preset", preset, "-j", String(availableParallelism())], preset);
  return modifiedAt(library) !== before;
}

/** Puts the release library where the package, packed or not, looks for it. */
export function shipLibrary(): void {
  const from = builtLibrary("release");
  const to = shippedLibrary();
  const bytes = readFileSync(from);
  if (existsSync(to) && readFileSync(to).equals(bytes)) return;
  mkdirSync(dirname(to), { recursive: true });
  // Renamed into place: a process that has the old library mapped keeps the old file.
  const draft = `${to}.${process.pid}`;
  writeFileSync(draft, bytes, { mode: 0o755 });
  renameSync(draft, to);
}

/** All that has to be done before a program of this checkout can run; a line for each step. */
export async function setUp(): Promise<void> {
  await step("packages", installPackages);
  await step("core", async () => {
    const built = await buildCore("release");
    shipLibrary();
    return built;
  });
}

/** `setUp` for the start of a command: what failed is said, and the process ends. */
export async function setUpOrExit(): Promise<void> {
  try {
    await setUp();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

async function step(name: string, work: () => Promise<boolean>): Promise<void> {
  const start = performance.now();
  const changed = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  // What a command is asked for is on its standard output, and may be JSON.
  console.error(`set-up  ${name.padEnd(10)}${changed ? "done" : "up to date"}, ${seconds} s`);
}

async function cmake(args: string[], preset: Preset): Promise<void> {
  // Two commands of this checkout may run at once; two makes in one folder must not.
  const lock = Bun.which("flock") ? ["flock", join(root, "build", `.${preset}.lock`)] : [];
  const { code, output } = await run([...lock, "cmake", ...args]);
  if (code !== 0) throw new SetupError(`cmake ${args.join(" ")} failed:\n${tail(output, 40)}`);
}

function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
