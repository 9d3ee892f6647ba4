import type { Segment } from "../native/segment.ts";
import { type HoldSummary, holderRows } from "./holders.ts";
import { type ObjectInfo, objectsOf } from "./object-info.ts";
import type { Sites } from "./sites.ts";

/** What one process, or none, keeps of a store in one way. */
export interface Usage {
  /** The process; 0 for what belongs to none. */
  pid: number;
  /**
   * Of a process: `lease` (it has views), `handle` (it has refs), `draft` (it is building them). Of none: `pin`, `containment`, and
   * `cache`: held by nobody, to be evicted for room.
   */
  kind: "lease" | "handle" | "draft" | "pin" | "containment" | "cache";
  /** Objects. One may be in several rows. */
  count: number;
  /** Bytes that they take in the heap. */
  bytes: number;
  /** Milliseconds since the oldest of them was made; objects know whole seconds. */
  oldestMs: number;
  /** Only with `callSites`, in rows of this process: where they were made. */
  site?: string;
}

const MINE_KINDS = ["lease", "handle", "draft"] as const;

/** A store by process and kind. `sites`: and, of this process, by the line that made the objects. */
export function usageOf(segment: Segment, sites: Sites | undefined): Usage[] {
  const now = Date.now();
  const usage: Usage[] = [];
  for (const { pid, leased, handled, draft } of holderRows(segment)) {
    if (sites !== undefined && pid === process.pid) {
      usage.push(...usageBySite(segment, sites, now));
      continue;
    }
    const kinds = pid === 0 ? (["pin", "containment", "cache"] as const) : MINE_KINDS;
    for (const [i, sum] of [leased, handled, draft].entries()) {
      if (sum.count > 0) usage.push(rowOf(pid, kinds[i]!, sum, now));
    }
  }
  return usage;
}

function rowOf(pid: number, kind: Usage["kind"], sum: HoldSummary, now: number): Usage {
  return { pid, kind, count: sum.count, bytes: sum.bytes, oldestMs: Math.max(0, now - sum.oldestS * 1000) };
}

function usageBySite(segment: Segment, sites: Sites, now: number): Usage[] {
  const rows = new Map<string, Usage>();
  for (const info of objectsOf(segment, sites)) {
    for (const kind of kindsOf(info)) {
      const key = `${kind} ${info.site}`;
      const row = rows.get(key) ?? { pid: process.pid, kind, count: 0, bytes: 0, oldestMs: 0, site: info.site };
      row.count++;
      row.bytes += info.extent;
      row.oldestMs = Math.max(row.oldestMs, now - info.made.getTime());
      rows.set(key, row);
    }
  }
  return [...rows.values()];
}

function kindsOf({ mine, state, extent }: ObjectInfo): Usage["kind"][] {
  if (extent === 0) return [];
  const kinds: Usage["kind"][] = [];
  if (mine.leased) kinds.push("lease");
  if (mine.handled) kinds.push("handle");
  if (mine.made && state === "created") kinds.push("draft");
  return kinds;
}
