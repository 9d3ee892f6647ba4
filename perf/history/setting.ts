import { loadavg } from "node:os";
import { run } from "../../scripts/command.ts";
import { machineName } from "../compare/machine.ts";
import type { Setting } from "./recording.ts";

/** Where this process runs. */
export async function settingHere(): Promise<Setting> {
  const [revision, status, compiler] = await Promise.all([
    run(["git", "rev-parse", "HEAD"]),
    run(["git", "status", "--porcelain", "--untracked-files=no"]),
    run([process.env.CC ?? "cc", "--version"]).catch(() => ({ output: "unknown" })),
  ]);
  return {
    at: new Date().toISOString(),
    revision: revision.output.trim(),
    dirty: status.output.trim() !== "",
    machine: machineName(),
    bun: Bun.version,
    compiler: compiler.output.split("\n")[0]!.trim(),
    load: loadavg(),
  };
}
