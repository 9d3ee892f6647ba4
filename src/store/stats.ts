import { Stats, u64 } from "../native/layout.ts";
import type { Segment } from "../native/segment.ts";

/** A store at one moment. Bytes unless said otherwise. */
export interface StoreStats {
  /** Of the heap. */
  capacity: number;
  /** Of the heap: reserved in the file. */
  committed: number;
  /** Of the heap: taken by objects, padding included. */
  used: number;
  /** The largest object that fits now, without eviction. */
  largest: number;
  /** Reserved for tables. */
  metadata: number;
  /** Length of the file; most of it may be a hole. */
  file: number;
  /** Objects sealed since the store was made. */
  sealedTotal: number;
  /** Objects evicted. */
  evictedTotal: number;
  /** Objects freed. */
  freedTotal: number;
  /** Rebuilds after a death under the lock. */
  recoveredTotal: number;
  /** Clients that died without closing. */
  reapedTotal: number;
  /** Objects put aside because their entry's checksum was wrong. */
  quarantinedTotal: number;
  /** What the objects that this process makes may take; 0: no quota was given. */
  quota: number;
  /** With a quota: what they take. */
  charged: number;
  /** Objects that went to disk since the store was made, as often as they did. */
  spilledTotal: number;
  /** Objects read back. */
  restoredTotal: number;
  /** Of the objects that are on disk alone now. */
  spilledBytes: number;
  /** Of all files of spilled objects; objects that were read back keep their copy. */
  diskBytes: number;
  /** Slots in use, freed objects that are still held included. */
  objects: number;
  /** Objects that would be dropped for room. */
  evictable: number;
  /** Slots there are. */
  maxObjects: number;
  /** Processes there may be. */
  maxClients: number;
  /** Processes there are. */
  clients: number;
  /** Objects that this process leases. */
  leases: number;
  /** Objects that this process has handles on. */
  handles: number;
  /** Leases, handles, drafts and subscriptions of this process that have not ended. */
  tokens: number;
  /** Subscriptions to events, of all processes; those of a dead one until it is reaped. */
  subscribers: number;
  /** Objects that are on disk alone now. */
  spilled: number;
  /** Files that they, and copies of others, stand in. */
  spillFiles: number;
  /** Folders that the store spills to; 0: it does not spill. */
  spillFolders: number;
}

/** The store's numbers now. */
export function statsOf(segment: Segment): StoreStats {
  const words = new Uint32Array(Stats.size / 4);
  segment.must(segment.core.plasmid_stats_of(segment.at, words));
  const stats = {} as Record<string, number>;
  for (const [name, at] of Object.entries(Stats)) {
    if (name === "size") continue;
    stats[name] = at < Stats.objects ? u64(words, at) : words[at >> 2]!;
  }
  return stats as unknown as StoreStats;
}
