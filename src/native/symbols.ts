import { dlopen, type Pointer } from "bun:ffi";
import { PlatformError } from "../errors.ts";
import { libraryPath } from "./library.ts";

// Ids and tokens go as i32: the same bits, and the cheapest conversion. Addresses come back as numbers ("ptr"), 0 as null.
const id = ["i32", "i32", "i32", "i32", "i32"] as const;

const SIGNATURES = {
  plasmid_open: { args: ["ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  plasmid_close: { args: ["ptr"], returns: "i32" },
  plasmid_destroy: { args: ["ptr", "ptr"], returns: "i32" },
  plasmid_error_name: { args: ["i32"], returns: "cstring" },
  plasmid_error_message: { args: ["i32"], returns: "cstring" },
  plasmid_detail: { args: [], returns: "cstring" },
  plasmid_exchange_of: { args: ["ptr"], returns: "ptr" },
  plasmid_keep_exchange: { args: ["ptr"], returns: "i32" },
  plasmid_put_small: { args: ["ptr", "i32"], returns: "i32" },
  plasmid_put_many: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  plasmid_create: { args: ["ptr", "ptr"], returns: "i32" },
  plasmid_seal: { args: ["ptr", "i32"], returns: "i32" },
  plasmid_unview: { args: ["ptr", "i32", "i32"], returns: "i32" },
  plasmid_abort: { args: ["ptr", "i32"], returns: "i32" },
  plasmid_peek: { args: ["ptr", ...id], returns: "i32" },
  plasmid_peek_name: { args: ["ptr", "i32"], returns: "i32" },
  plasmid_peek_many: { args: ["ptr", "ptr", "i32", "ptr", "ptr"], returns: "i32" },
  plasmid_lease: { args: ["ptr", ...id], returns: "i32" },
  plasmid_lease_at_hand: { args: ["ptr", ...id], returns: "i32" },
  plasmid_lease_apart: { args: ["ptr", ...id], returns: "i32" },
  plasmid_turned: { args: ["ptr"], returns: "ptr" },
  plasmid_stray: { args: ["ptr", "ptr"], returns: "i32" },
  plasmid_state: { args: ["ptr", ...id], returns: "i32" },
  plasmid_states: { args: ["ptr", "ptr", "i32", "ptr"], returns: "i32" },
  plasmid_find: { args: ["ptr", "i32"], returns: "i32" },
  plasmid_hold: { args: ["ptr", ...id], returns: "i32" },
  plasmid_release: { args: ["ptr", "ptr"], returns: "void" },
  plasmid_context: { args: ["ptr", "i32"], returns: "ptr" },
  plasmid_forget: { args: ["ptr", "i32"], returns: "i32" },
  plasmid_pin: { args: ["ptr", ...id], returns: "i32" },
  plasmid_unpin: { args: ["ptr", ...id], returns: "i32" },
  plasmid_refresh: { args: ["ptr", ...id], returns: "i32" },
  plasmid_free: { args: ["ptr", ...id], returns: "i32" },
  plasmid_spill_out: { args: ["ptr", "u64"], returns: "i32" },
  plasmid_restore: { args: ["ptr", ...id, "i32"], returns: "i32" },
  plasmid_restore_begin: { args: ["ptr", ...id], returns: "i32" },
  plasmid_restore_look: { args: ["ptr", "u32"], returns: "i32" },
  plasmid_restore_end: { args: ["ptr", "u32"], returns: "i32" },
  plasmid_tidy: { args: ["ptr"], returns: "i32" },
  plasmid_drain: { args: ["ptr"], returns: "i32" },
  plasmid_watch: { args: ["ptr", ...id], returns: "i32" },
  plasmid_watch_name: { args: ["ptr", "i32"], returns: "i32" },
  plasmid_unwatch: { args: ["ptr"], returns: "i32" },
  plasmid_block: { args: ["ptr", ...id, "i32"], returns: "i32" },
  plasmid_block_name: { args: ["ptr", "i32", "i32"], returns: "i32" },
  plasmid_wake_fd: { args: ["ptr"], returns: "i32" },
  plasmid_events: { args: ["ptr"], returns: "i32" },
  plasmid_request_collection: { args: ["ptr"], returns: "i32" },
  plasmid_collection_asked: { args: ["ptr"], returns: "i32" },
  plasmid_wait_room: { args: ["ptr", "i32"], returns: "i32" },
  plasmid_watch_room: { args: ["ptr"], returns: "i32" },
  plasmid_stats_of: { args: ["ptr", "ptr"], returns: "i32" },
  plasmid_list: { args: ["ptr", "i32", "ptr", "i32", "ptr"], returns: "i32" },
  plasmid_subscribe: { args: ["ptr", "i32", "i32"], returns: "i32" },
  plasmid_next_events: { args: ["ptr", "i32", "ptr", "i32"], returns: "i32" },
  plasmid_subscription_token: { args: ["ptr", "i32"], returns: "i32" },
  plasmid_unsubscribe: { args: ["ptr", "i32"], returns: "i32" },
  plasmid_holds: { args: ["ptr", ...id, "ptr", "i32"], returns: "i32" },
  plasmid_holders: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  plasmid_check: { args: ["ptr"], returns: "i32" },
  plasmid_trim: { args: ["ptr"], returns: "i32" },
  plasmid_reap: { args: ["ptr"], returns: "i32" },
  plasmid_test_hold_lock: { args: ["ptr", "i32"], returns: "i32" },
  plasmid_test_crash_at: { args: ["ptr", "i32"], returns: "i32" },
} as const;

function open(path: string) {
  const { symbols } = dlopen(path, SIGNATURES);
  // The deallocator that toArrayBuffer wants is the function's address in the library.
  const release = (symbols.plasmid_release as unknown as { ptr: Pointer }).ptr;
  return Object.assign(symbols, { release });
}

/** The functions of plasmid.h, and `release`: the address of plasmid_release, for `toArrayBuffer`. */
export type Symbols = ReturnType<typeof open>;

let loaded: Symbols | undefined;

/**
 * The core, loaded at the first call.
 *
 * @throws PlatformError if this host is not supported, or the library is missing or cannot be loaded.
 */
export function symbols(): Symbols {
  if (loaded !== undefined) return loaded;
  const path = libraryPath();
  try {
    loaded = open(path);
  } catch (cause) {
    throw new PlatformError(
      `the library ${path} cannot be loaded`,
      { cause },
      `build it anew for this host: ${(cause as Error).message}`,
    );
  }
  return loaded;
}
