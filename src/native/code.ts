/** The core's codes (PLASMID_ERRORS in plasmid.h): 0 is success, these are what went wrong. */
export const Code = {
  INVALID: -1,
  NOT_FOUND: -2,
  TIMED_OUT: -3,
  ABORTED: -4,
  NAME_TAKEN: -5,
  NOT_SEALED: -6,
  ALREADY_SEALED: -7,
  DRAFT_BUSY: -8,
  FREED: -9,
  LOST: -10,
  STORE_FULL: -11,
  TABLE_FULL: -12,
  CLIENTS_FULL: -13,
  LOCK_TIMEOUT: -14,
  BAD_SEGMENT: -15,
  VERSION: -16,
  DESTROYED: -17,
  CLOSED: -18,
  PLATFORM: -19,
  NO_SPACE: -20,
  SYSTEM: -21,
  CAPACITY: -22,
  NO_STORE: -23,
  BAD_NAME: -24,
  FORKED: -25,
  CORRUPT: -26,
  NO_MEMORY: -27,
  NOT_PINNED: -28,
  NOT_DRAFT: -29,
  /** Not a failure: the object is read in place, by a lease. */
  LARGE: -30,
  /** Not a failure: the object is on disk, to be restored. */
  SPILLED: -31,
  SPILL_LIMIT: -32,
  SPILL: -33,
  SPILL_OPTIONS: -34,
  SUBSCRIPTIONS_FULL: -35,
  /** No failure for a get: the object is had as a copy, unless a collection makes place. */
  NO_VIEW: -36,
} as const;

/** `plasmid_item_flag`. */
export const ItemFlag = { REPLACE: 1, PIN: 2, ZERO: 4 } as const;

/** `plasmid_open_flag`. */
export const OpenFlag = { EXISTING: 1, LAST_CLOSE: 2, TRAP: 4 } as const;

/** `plasmid_event`. */
export const Event = { WAKE: 1, COLLECT: 2, DESTROYED: 4, STRAY: 8 } as const;

/** `plasmid_mine`. */
export const Mine = { LEASED: 1, HANDLED: 2, MADE: 4 } as const;

/** `plasmid_hold_kind`. */
export const HoldKind = ["draft", "lease", "handle", "pin", "containment"] as const;

/** `plasmid_event_kind`. */
export const EventKind = ["gap", "existing", "seal", "evict", "spill", "restore", "free", "lost", "death"] as const;

/** `plasmid_object_state`. */
export const ObjectState = ["absent", "created", "sealed", "freed", "gone", "spilled"] as const;
