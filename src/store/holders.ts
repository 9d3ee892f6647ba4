import type { HolderSummary } from "../errors.ts";
import { HolderRow, u64 } from "../native/layout.ts";
import type { Segment } from "../native/segment.ts";

const MOST_ROWS = 1025;

/** Who keeps how much of a store: first what no process holds (pid 0: pins and containment), then a row a process. */
export function holdersOf(segment: Segment): HolderSummary[] {
  const words = new Uint32Array((MOST_ROWS * HolderRow.size) / 4);
  const count = segment.must(segment.core.plasmid_holders(segment.at, words, MOST_ROWS));
  const holders: HolderSummary[] = [];
  for (let i = 0, at = 0; i < count; i++, at += HolderRow.size) {
    holders.push({
      pid: words[(at + HolderRow.pid) >> 2]!,
      leasedCount: words[(at + HolderRow.leasedCount) >> 2]!,
      leasedBytes: u64(words, at + HolderRow.leasedBytes),
      handledCount: words[(at + HolderRow.handledCount) >> 2]!,
      handledBytes: u64(words, at + HolderRow.handledBytes),
      draftCount: words[(at + HolderRow.draftCount) >> 2]!,
      draftBytes: u64(words, at + HolderRow.draftBytes),
    });
  }
  return holders;
}
