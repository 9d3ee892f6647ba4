/** The ways to hand bytes to another process that stand beside Plasmid, as the receiver knows them. */
export type Way = "plasmid" | "redis" | "lmdb" | "file" | "ipc";

/** What tells a receiver that bytes are there, how many, and when the giver began. The bytes themselves are in it by `ipc` alone. */
export interface Notice {
  startNs: number;
  length: number;
  bytes?: Uint8Array;
}

/** What an arrival was like. */
export interface Arrival {
  ns: number;
  sum: number;
}

/** Looks at a byte of each page, so that all of it has really arrived. */
export function sumOfPages(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 4096) sum += bytes[at]!;
  return sum;
}
