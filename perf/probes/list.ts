import { CODEC } from "./codec.ts";
import type { Probe } from "./probe.ts";
import { STORE } from "./store.ts";

/** All that two checkouts can be compared by. */
export const PROBES: Readonly<Record<string, Probe>> = { ...STORE, ...CODEC };

/** Those that start at once and do little: for what has to be repeated often. */
export const CHEAP: readonly string[] = ["peek", "get", "put", "encode:a"];
