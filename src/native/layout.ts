/**
 * The structs of plasmid.h as byte offsets. `spec/native/layout.spec.ts` compiles the header and compares every number with what
 * the C compiler says.
 */

/** `plasmid_options`. */
export const Options = {
  capacity: 0,
  maxObjects: 8,
  maxClients: 12,
  lockTimeoutMs: 16,
  flags: 20,
  quota: 24,
  spillFolders: 32,
  spillLimit: 40,
  spillFileBytes: 48,
  spillCount: 56,
  size: 64,
} as const;

/** `plasmid_exchange`. */
export const Exchange = {
  ref: 0,
  inband: 20,
  buffers: 24,
  references: 28,
  inbandToken: 32,
  turned: 36,
  inbandAt: 40,
  rows: 48,
  referenceRows: 56,
  name: 64,
  data: 576,
  size: 576 + 65536,
} as const;

/** PLASMID_NAME_BYTES: the longest name, in bytes of UTF-8. */
export const NAME_BYTES = 512;

/** PLASMID_DATA_BYTES: the bytes of `exchange.data`. */
export const DATA_BYTES = 65536;

/** `plasmid_ref`: its slot, then the four words of its id. */
export const Ref = { slot: 0, id: 4, size: 20 } as const;

/** `plasmid_buffer_row`. */
export const BufferRow = { address: 0, bytes: 8, context: 16, size: 24 } as const;

/** `plasmid_reference_row`. */
export const ReferenceRow = { ref: 0, group: 20, context: 24, size: 32 } as const;

/** `plasmid_span`. */
export const Span = { address: 0, bytes: 8, size: 16 } as const;

/** `plasmid_item`. */
export const Item = {
  inband: 0,
  buffers: 8,
  references: 16,
  name: 24,
  inbandBytes: 32,
  bufferCount: 36,
  referenceCount: 40,
  nameBytes: 44,
  flags: 48,
  token: 52,
  ref: 56,
  status: 76,
  room: 80,
  context: 88,
  size: 96,
} as const;

/** `plasmid_stats`. */
export const Stats = {
  capacity: 0,
  committed: 8,
  used: 16,
  largest: 24,
  metadata: 32,
  file: 40,
  sealedTotal: 48,
  evictedTotal: 56,
  freedTotal: 64,
  recoveredTotal: 72,
  reapedTotal: 80,
  quarantinedTotal: 88,
  quota: 96,
  charged: 104,
  spilledTotal: 112,
  restoredTotal: 120,
  spilledBytes: 128,
  diskBytes: 136,
  objects: 144,
  evictable: 148,
  maxObjects: 152,
  maxClients: 156,
  clients: 160,
  leases: 164,
  handles: 168,
  tokens: 172,
  subscribers: 176,
  spilled: 180,
  spillFiles: 184,
  spillFolders: 188,
  size: 192,
} as const;

/** `plasmid_object_row`. */
export const ObjectRow = {
  ref: 0,
  state: 20,
  bytes: 24,
  extent: 32,
  madeMs: 40,
  pins: 48,
  contained: 52,
  references: 56,
  leases: 60,
  handles: 64,
  creator: 68,
  nameBytes: 72,
  mine: 76,
  name: 80,
  size: 592,
} as const;

/** `plasmid_hold_sum`. */
export const HoldSum = { bytes: 0, count: 8, oldestS: 12, size: 16 } as const;

/** `plasmid_holder_row`. */
export const HolderRow = { pid: 0, leased: 8, handled: 24, draft: 40, size: 56 } as const;

/** `plasmid_hold_row`. */
export const HoldRow = { pid: 0, kind: 4, count: 8, size: 12 } as const;

/** `plasmid_stray_row`. */
export const StrayRow = { id: 0, more: 16, nameBytes: 20, name: 24, size: 536 } as const;

/** `plasmid_event_row`. */
export const EventRow = {
  number: 0,
  atMs: 8,
  bytes: 16,
  ref: 24,
  pid: 44,
  kind: 48,
  nameBytes: 52,
  name: 56,
  size: 568,
} as const;

const TWO_32 = 4294967296;

/** Reads the u64 at byte offset `at` (a multiple of 4) as a number; exact below 2^53. */
export function u64(words: Uint32Array, at: number): number {
  return words[at >> 2]! + words[(at >> 2) + 1]! * TWO_32;
}

/** Writes a whole number below 2^53 as the u64 at byte offset `at` (a multiple of 4). */
export function setU64(words: Uint32Array, at: number, value: number): void {
  words[at >> 2] = value >>> 0;
  words[(at >> 2) + 1] = (value / TWO_32) >>> 0;
}
