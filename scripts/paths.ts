import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The folder of the checkout. */
export const root = resolve(import.meta.dir, "..");

/** The presets of CMakePresets.json, in the order in which `verify` builds them. */
export const presets = ["release", "debug", "asan", "tsan"] as const;
export type Preset = (typeof presets)[number];

/** Where a preset's library is. */
export function builtLibrary(preset: Preset): string {
  return join(root, "build", preset, "libplasmid.so");
}

/** `<os>-<arch>-<libc>` of this process: the name of its folder below prebuilds/. */
export function hostTarget(): string {
  // A glibc machine may have musl's loader installed beside its own: ask which one runs us.
  const libc = readFileSync("/proc/self/maps", "utf8").includes("/ld-musl-") ? "musl" : "glibc";
  return `${process.platform}-${process.arch}-${libc}`;
}

/** Where the library is shipped from, and where the package looks for it. */
export function shippedLibrary(): string {
  return join(root, "prebuilds", hostTarget(), "libplasmid.so");
}
