import { existsSync } from "node:fs";
import { PlatformError } from "../errors.ts";

/** The folder name of this host's build, as in `prebuilds/<target>/`: `linux-x64-glibc`, `linux-arm64-musl`, ... */
export interface Target {
  readonly os: string;
  readonly arch: string;
  readonly libc: "glibc" | "musl";
}

/**
 * What this process runs on.
 *
 * @throws PlatformError anywhere but on Linux with x64 or arm64.
 */
export function hostTarget(os: string = process.platform, arch: string = process.arch): Target {
  if (os !== "linux" || (arch !== "x64" && arch !== "arm64")) {
    throw new PlatformError(
      `plasmid runs on Linux with x64 or arm64, and this is ${os} with ${arch}`,
      {},
      "run it in a Linux container or virtual machine",
    );
  }
  return { os, arch, libc: isMusl(arch) ? "musl" : "glibc" };
}

/** `linux-x64-glibc` and the like. */
export function targetName(target: Target): string {
  return `${target.os}-${target.arch}-${target.libc}`;
}

// Bun itself is linked against one libc: where glibc's loader is missing, this is the other one.
function isMusl(arch: string): boolean {
  const glibcLoader = arch === "x64" ? "/lib64/ld-linux-x86-64.so.2" : "/lib/ld-linux-aarch64.so.1";
  const muslLoader = `/lib/ld-musl-${arch === "x64" ? "x86_64" : "aarch64"}.so.1`;
  return existsSync(muslLoader) && !existsSync(glibcLoader);
}
