import { existsSync } from "node:fs";
import { join } from "node:path";
import { PlatformError } from "../errors.ts";
import { hostTarget, targetName } from "./platform.ts";

const PACKAGE = join(import.meta.dir, "..", "..");

/**
 * Where the built core is: what the environment variable PLASMID_LIBRARY says; else a checkout's newest build
 * (`build/release/libplasmid.so`, never in the package); else the package's own for this host (`prebuilds/<target>/libplasmid.so`).
 *
 * @throws PlatformError if this host is not supported, or if nothing is there.
 */
export function libraryPath(
  environment: Record<string, string | undefined> = process.env,
  root: string = PACKAGE,
): string {
  const target = targetName(hostTarget());
  const asked = environment.PLASMID_LIBRARY;
  const places = asked
    ? [asked]
    : [join(root, "build", "release", "libplasmid.so"), join(root, "prebuilds", target, "libplasmid.so")];
  const found = places.find(place => existsSync(place));
  if (found === undefined) {
    throw new PlatformError(
      `the built library for ${target} is missing; looked at ${places.join(" and ")}`,
      {},
      "in a checkout: bun run build (needs cmake and a C compiler); or let PLASMID_LIBRARY say where it is",
    );
  }
  return found;
}
