import { type Pointer, read } from "bun:ffi";
import { BufferRow, Exchange, ReferenceRow, u64 } from "../native/layout.ts";
import type { Segment } from "../native/segment.ts";
import { ObjectRef, type RefHome } from "./ref.ts";

const TWO_32 = 4294967296;

/** The buffers that the last `plasmid_lease` gave, each of which now owns its lease. To be called before any other call. */
export function leasedBuffers(segment: Segment): ArrayBuffer[] {
  const count = segment.counts[Exchange.buffers >> 2]!;
  const buffers = new Array<ArrayBuffer>(count);
  if (count === 0) return buffers;
  const rows = u64(segment.counts, Exchange.rows) as Pointer;
  for (let i = 0, at = 0; i < count; i++, at += BufferRow.size) {
    const bytes = readU64(rows, at + BufferRow.bytes);
    buffers[i] =
      bytes === 0
        ? new ArrayBuffer(0)
        : segment.view(readU64(rows, at + BufferRow.address), bytes, readU64(rows, at + BufferRow.context));
  }
  return buffers;
}

function readU64(rows: Pointer, at: number): number {
  return read.u32(rows, at) + read.u32(rows, at + 4) * TWO_32;
}

/** The contained refs that the last `plasmid_lease` gave, bound to `home`. To be called before any other call. */
export function leasedReferences(segment: Segment, home: RefHome): ObjectRef[] {
  const count = segment.counts[Exchange.references >> 2]!;
  const refs = new Array<ObjectRef>(count);
  if (count === 0) return refs;
  const at = u64(segment.counts, Exchange.referenceRows);
  const memory = segment.glance(at, count * ReferenceRow.size);
  const words = new Int32Array(memory);
  const counts = new Uint32Array(memory);
  let group = -1;
  let handle: ArrayBuffer | null = null;
  for (let i = 0, w = 0; i < count; i++, w += ReferenceRow.size >> 2) {
    const low = counts[w + 6]!;
    const high = counts[w + 7]!;
    if ((low | high) !== 0) {
      handle = segment.handleOf(low + high * TWO_32);
      group = words[w + 5]!;
    }
    refs[i] = new ObjectRef(
      words[w]!,
      words[w + 1]!,
      words[w + 2]!,
      words[w + 3]!,
      words[w + 4]!,
      words[w] !== 0 && words[w + 5] === group ? handle : null,
      home,
    );
  }
  return refs;
}
