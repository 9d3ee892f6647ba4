import { existsSync } from "node:fs";
import { join } from "node:path";
import { type CommandResult, run } from "./command.ts";
import { root } from "./paths.ts";
import { installPackages } from "./setup.ts";

/** One check of the sources; `write` mends what can be mended. */
export interface Linter {
  name: string;
  lint: (write: boolean) => Promise<CommandResult>;
}

export const linters: Linter[] = [
  { name: "biome", lint: biome },
  { name: "clang-format", lint: clangFormat },
  { name: "tsc", lint: () => run([process.execPath, modules("typescript/bin/tsc")]) },
  // What runs in a browser sees other globals.
  {
    name: "tsc, client",
    lint: () => run([process.execPath, modules("typescript/bin/tsc"), "-p", "perf/dashboard/client"]),
  },
];

function biome(write: boolean): Promise<CommandResult> {
  const bin = modules("@biomejs/biome/bin/biome");
  const mode = write ? ["--write"] : ["--error-on-warnings"];
  return run([process.execPath, bin, "check", ...mode, "."]);
}

async function clangFormat(write: boolean): Promise<CommandResult> {
  // The npm package has a binary for x64 alone; elsewhere the system's has to do.
  const shipped = modules(`clang-format/bin/linux_${process.arch}/clang-format`);
  const bin = existsSync(shipped) ? shipped : Bun.which("clang-format");
  if (!bin) return { code: 1, output: "clang-format is missing: apt-get install clang-format\n" };
  const files = [...new Bun.Glob("{csrc,spec,perf}/**/*.{c,h}").scanSync(root)].sort();
  if (files.length === 0) return { code: 0, output: "" };
  return run([bin, ...(write ? ["-i"] : ["--dry-run", "-Werror"]), ...files]);
}

function modules(path: string): string {
  return join(root, "node_modules", path);
}

if (import.meta.main) {
  const write = process.argv.includes("--write");
  await installPackages();
  let failed = false;
  for (const { name, lint } of linters) {
    const { code, output } = await lint(write);
    console.log(`${name.padEnd(14)}${code === 0 ? "ok" : "failed"}`);
    if (code !== 0) console.log(output);
    failed ||= code !== 0;
  }
  process.exit(failed ? 1 : 0);
}
