import { dlopen, type Pointer } from "bun:ffi";
import { dirname, join } from "node:path";
import { builtLibrary } from "../../scripts/paths.ts";

/** Where CMake puts what perf/ has in C. */
export const builtFolder = join(dirname(builtLibrary("release")), "perf");

const { symbols } = dlopen(join(builtFolder, "libperf_limits.so"), {
  limits_nothing: { args: ["i32", "i32", "i32", "i32"], returns: "i32" },
  limits_copy: { args: ["ptr", "ptr", "u64", "i32"], returns: "void" },
  limits_now: { args: [], returns: "f64" },
  limits_fresh: { args: ["cstring", "ptr", "u64"], returns: "f64" },
});

/** The least that a call into C costs. */
export const nothing = symbols.limits_nothing;

/** The ways to copy; their numbers are those of limits.c. */
export const copies = { memcpy: 0, "non-temporal stores": 1, "two threads of those": 2 } as const;

/** Nanoseconds on a clock that all processes share; Bun's own count from the start of the process. */
export const nowNs = symbols.limits_now;

/** Copies bytes between two addresses. */
export function copy(to: Pointer, from: Pointer, bytes: number, how: keyof typeof copies): void {
  symbols.limits_copy(to, from, bytes, copies[how]);
}

/** Milliseconds to touch each page of a new mapped file, or to copy `from` into them. */
export function freshMs(path: string, bytes: number, from: Pointer | null): number {
  const ns = symbols.limits_fresh(Buffer.from(`${path}\0`) as unknown as string, from, bytes);
  if (ns < 0) throw new Error(`${path} cannot be made`);
  return ns / 1e6;
}
