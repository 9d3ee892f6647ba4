import type { HolderSummary } from "../errors.ts";
import { HoldKind } from "../native/code.ts";
import { HolderRow, HoldRow, HoldSum, u64 } from "../native/layout.ts";
import type { Segment } from "../native/segment.ts";
import type { Refs } from "./refs.ts";
import type { Target } from "./target.ts";

const MOST_ROWS = 1025;
const MOST_HOLDS = 2 * 1024 + 3;

/** Some objects together. */
export interface HoldSummary {
  count: number;
  /** Taken in the heap. */
  bytes: number;
  /** When the oldest of them was made: Unix time, whole seconds. */
  oldestS: number;
}

/** What one process holds; for pid 0, which is no process: what is pinned, contained, and held by nobody. */
export interface HolderRowSummary {
  pid: number;
  leased: HoldSummary;
  handled: HoldSummary;
  draft: HoldSummary;
}

/** The rows of `plasmid_holders`. */
export function holderRows(segment: Segment): HolderRowSummary[] {
  const words = new Uint32Array((MOST_ROWS * HolderRow.size) / 4);
  const count = segment.must(segment.core.plasmid_holders(segment.at, words, MOST_ROWS));
  return Array.from({ length: count }, (_, i) => {
    const at = i * HolderRow.size;
    return {
      pid: words[(at + HolderRow.pid) >> 2]!,
      leased: summary(words, at + HolderRow.leased),
      handled: summary(words, at + HolderRow.handled),
      draft: summary(words, at + HolderRow.draft),
    };
  });
}

function summary(words: Uint32Array, at: number): HoldSummary {
  return {
    count: words[(at + HoldSum.count) >> 2]!,
    bytes: u64(words, at + HoldSum.bytes),
    oldestS: words[(at + HoldSum.oldestS) >> 2]!,
  };
}

/** Who keeps how much of a store: first what no process holds (pid 0: pins and containment), then a row a process. */
export function holdersOf(segment: Segment): HolderSummary[] {
  return holderRows(segment).map(({ pid, leased, handled, draft }) => ({
    pid,
    leasedCount: leased.count,
    leasedBytes: leased.bytes,
    handledCount: handled.count,
    handledBytes: handled.bytes,
    draftCount: pid === 0 ? 0 : draft.count,
    draftBytes: pid === 0 ? 0 : draft.bytes,
  }));
}

/** One hold on an object. */
export interface Holder {
  /** The process; 0 for pins and containment, which belong to none. */
  pid: number;
  /**
   * `lease`: it has views of the bytes; `handle`: it has refs; `draft`: it is building the object; `pin`; `containment`: sealed
   * objects contain it.
   */
  kind: (typeof HoldKind)[number];
  /** How many of them: views and refs of this process, pins, containers. Of another process 1, for it counts for itself. */
  count: number;
}

/** Who holds the target's object. @throws ObjectNotFoundError, FreedError, ObjectLostError. */
export function holdersOfTarget(segment: Segment, refs: Refs, target: Target): Holder[] {
  const words = new Uint32Array((MOST_HOLDS * HoldRow.size) / 4);
  const { plasmid_holds } = segment.core;
  const list = (at: Segment["at"], slot: number, a: number, b: number, c: number, d: number) =>
    plasmid_holds(at, slot, a, b, c, d, words, MOST_HOLDS);
  // A ref from elsewhere is not bound: that would be a hold more.
  const count = refs.must(target, list, false);
  return Array.from({ length: count }, (_, i) => {
    const at = i * HoldRow.size;
    return {
      pid: words[(at + HoldRow.pid) >> 2]!,
      kind: HoldKind[words[(at + HoldRow.kind) >> 2]!]!,
      count: words[(at + HoldRow.count) >> 2]!,
    };
  });
}
