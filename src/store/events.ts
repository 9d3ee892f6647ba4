import { EventKind } from "../native/code.ts";
import { EventRow, u64 } from "../native/layout.ts";
import { ObjectRef } from "../object/ref.ts";

/** Something happened to an object. */
export interface ObjectEvent {
  /**
   * `existing`: it was there when the subscription began; `seal`: somebody put or sealed it; `evict`: dropped for room; `spill` and
   * `restore`: its bytes went to disk, and came back; `free`: somebody freed it; `lost`: it was found not to be what was sealed, in memory
   * or on disk, and put aside (`quarantinedTotal`).
   */
  kind: "existing" | "seal" | "evict" | "spill" | "restore" | "free" | "lost";
  /** Text for `ObjectRef.parse`; nothing is held or pinned by it. */
  ref: string;
  /** What it is bound to, at a seal; what it was bound to, at its end. Not known of what was lost from memory. */
  name: string | undefined;
  /** Bytes of payload. */
  bytes: number;
  /** Process that did it; of what exists: that made it, 0 if that one has ended. */
  pid: number;
  /** When. Of what exists: when it was made, to the second. */
  time: Date;
}

/** A process that had the store open died without closing it, and was reaped. */
export interface DeathEvent {
  kind: "death";
  /** The process that died. */
  pid: number;
  /** When that was seen. */
  time: Date;
}

/** Events that the subscriber was too slow for. */
export interface GapEvent {
  kind: "gap";
  /** How many they were, of whatever kind. */
  missed: number;
}

/** What `store.subscribe` tells. */
export type StoreEvent = ObjectEvent | DeathEvent | GapEvent;

/** The event in a row of `plasmid_next_events`. */
export function eventOf(rows: Uint8Array, words: Uint32Array, start: number): StoreEvent {
  const at = start >> 2;
  const kind = EventKind[words[at + (EventRow.kind >> 2)]!]!;
  if (kind === "gap") return { kind, missed: u64(words, start + EventRow.bytes) };
  const pid = words[at + (EventRow.pid >> 2)]!;
  const time = new Date(u64(words, start + EventRow.atMs));
  if (kind === "death") return { kind, pid, time };
  const ref = at + (EventRow.ref >> 2);
  const nameBytes = words[at + (EventRow.nameBytes >> 2)]!;
  const nameAt = start + EventRow.name;
  return {
    kind,
    ref: new ObjectRef(
      words[ref]!,
      words[ref + 1]!,
      words[ref + 2]!,
      words[ref + 3]!,
      words[ref + 4]!,
      null,
      null,
    ).toString(),
    name: nameBytes === 0 ? undefined : new TextDecoder().decode(rows.subarray(nameAt, nameAt + nameBytes)),
    bytes: u64(words, start + EventRow.bytes),
    pid,
    time,
  };
}
