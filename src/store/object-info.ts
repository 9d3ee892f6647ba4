import { Mine, ObjectState } from "../native/code.ts";
import { ObjectRow, u64 } from "../native/layout.ts";
import type { Segment } from "../native/segment.ts";
import { ObjectRef } from "../object/ref.ts";
import type { Sites } from "./sites.ts";

const ROWS = 64;

/** What a store knows of one object. */
export interface ObjectInfo {
  /** Text for `ObjectRef.parse`; nothing is pinned. */
  ref: string;
  /** What it is bound to now, if anything. */
  name: string | undefined;
  /** `freed` and `gone` objects are those that somebody still holds; `spilled` ones are on disk. */
  state: "created" | "sealed" | "freed" | "gone" | "spilled";
  /** Bytes of payload. */
  bytes: number;
  /** Bytes taken in the heap. */
  extent: number;
  /** When it was made; whole seconds. */
  made: Date;
  /** Pins on it. */
  pins: number;
  /** Sealed objects that contain it. */
  contained: number;
  /** Refs that it contains. */
  references: number;
  /** Processes with views on it. */
  leases: number;
  /** Processes with refs to it. */
  handles: number;
  /** Process that made it. */
  creator: number;
  /** What this process has to do with it: it has views, it has refs, it made the object. */
  mine: { leased: boolean; handled: boolean; made: boolean };
  /** Where this Store made it, if it was opened with `callSites`, made it, and not too long ago. */
  site: string | undefined;
}

/** Every object of the store, a page of rows at a time: what changes meanwhile may be missed or shown. */
export function* objectsOf(segment: Segment, sites?: Sites): Generator<ObjectInfo, void> {
  const rows = new Uint8Array(ROWS * ObjectRow.size);
  const next = new Uint32Array(1);
  let cursor = 1;
  do {
    const count = segment.must(segment.core.plasmid_list(segment.at, cursor, rows, ROWS, next));
    const page = rows.slice(0, count * ObjectRow.size);
    cursor = next[0]!;
    for (let i = 0; i < count; i++) yield infoOf(page, i * ObjectRow.size, sites);
  } while (cursor !== 0);
}

function infoOf(rows: Uint8Array, start: number, sites: Sites | undefined): ObjectInfo {
  const words = new Uint32Array(rows.buffer, start, ObjectRow.size / 4);
  const [slot, a, b, c, d] = words;
  const nameBytes = words[ObjectRow.nameBytes >> 2]!;
  const nameAt = start + ObjectRow.name;
  const ref = new ObjectRef(slot!, a!, b!, c!, d!, null, null).toString();
  const mine = words[ObjectRow.mine >> 2]!;
  return {
    ref,
    name: nameBytes === 0 ? undefined : new TextDecoder().decode(rows.subarray(nameAt, nameAt + nameBytes)),
    state: ObjectState[words[ObjectRow.state >> 2]!] as ObjectInfo["state"],
    bytes: u64(words, ObjectRow.bytes),
    extent: u64(words, ObjectRow.extent),
    made: new Date(u64(words, ObjectRow.madeMs)),
    pins: words[ObjectRow.pins >> 2]!,
    contained: words[ObjectRow.contained >> 2]!,
    references: words[ObjectRow.references >> 2]!,
    leases: words[ObjectRow.leases >> 2]!,
    handles: words[ObjectRow.handles >> 2]!,
    creator: words[ObjectRow.creator >> 2]!,
    mine: {
      leased: (mine & Mine.LEASED) !== 0,
      handled: (mine & Mine.HANDLED) !== 0,
      made: (mine & Mine.MADE) !== 0,
    },
    site: sites?.of(ref),
  };
}
