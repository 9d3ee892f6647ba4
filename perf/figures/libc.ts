import { dlopen, type Pointer } from "bun:ffi";

const names = ["libc.so.6", `libc.musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`];

function load() {
  for (const name of names) {
    try {
      return dlopen(name, {
        memcpy: { args: ["ptr", "ptr", "u64"], returns: "ptr" },
        memset: { args: ["ptr", "i32", "u64"], returns: "ptr" },
        getpid: { args: [], returns: "i32" },
        abs: { args: ["i32"], returns: "i32" },
      }).symbols;
    } catch {
      // The other C library, then.
    }
  }
  throw new Error(`neither ${names.join(" nor ")} can be loaded`);
}

/** The limits: the C library's own memcpy and memset, and `abs` as the shortest native call there is. */
export const libc = load();

export type { Pointer };
