/**
 * `bun perf/codec/duel.ts DATA OURS PEER`: a fresh process in which one of ours and one peer take turns with one data set. A line of
 * JSON says how long each took, in nanoseconds, and whether the peer gave back what it was given.
 */
import { quick } from "../run/bench.ts";
import { NotInstalled } from "../run/installed.ts";
import { inRounds } from "../run/rounds.ts";
import { sampleOf } from "../stats/sample.ts";
import { COPIES, type Contestant, OURS, PEERS } from "./contestants.ts";
import { DATA } from "./data.ts";
import { isSame } from "./same.ts";

/** Nanoseconds, ours first: of a process its median, in a quick look, which has one process, of its rounds each. */
export interface Outcome {
  /** What the peer does to the value: "wrong" is silent, "cannot" throws; it may not be installed. */
  peer: "right" | "wrong" | "cannot" | "not installed";
  encode?: [ours: number[], peer: number[]];
  decode?: [ours: number[], peer: number[]];
  /** Of the encoded value, where it has bytes. */
  bytes: [number, number];
}

const ROUNDS = 30;

export async function duel(data: string, oursName: string, peerName: string): Promise<Outcome> {
  const value = await DATA[data]!.make();
  const ours = OURS[oursName]!();
  if (check(ours, value) !== "right") throw new Error(`${oursName} is not right on ${data}`);
  const peer = await contestantOf(peerName);
  if (peer === undefined) return { peer: "not installed", bytes: [0, 0] };
  const verdict = COPIES.includes(peerName) ? "right" : check(peer, value);
  if (verdict !== "right") return { peer: verdict, bytes: [0, 0] };
  try {
    return await raceBoth(ours, peer, value);
  } catch (error) {
    // A peer that recurses may go well when interpreted and not when compiled: its frames grow.
    if (error instanceof RangeError) return { peer: "cannot", bytes: [0, 0] };
    throw error;
  }
}

/** Undefined if it is not installed. */
async function contestantOf(peer: string): Promise<Contestant | undefined> {
  try {
    return await PEERS[peer]!();
  } catch (error) {
    if (error instanceof NotInstalled) return undefined;
    throw error;
  }
}

async function raceBoth(ours: Contestant, peer: Contestant, value: unknown): Promise<Outcome> {
  const [mine, theirs] = [ours.encode(value), peer.encode(value)];
  const bytes: [number, number] = [sizeOf(mine), sizeOf(theirs)];
  // What can't be told apart is both ways on either side.
  if (peer.decode === undefined) {
    const encode = await race(
      () => ours.decode!(ours.encode(value) as never),
      () => peer.encode(value),
    );
    return { peer: "right", encode, bytes };
  }
  const encode = await race(
    () => ours.encode(value),
    () => peer.encode(value),
  );
  const kept = copyOf(mine);
  const decode = await race(
    () => ours.decode!(kept as never),
    () => peer.decode!(theirs as never),
  );
  return { peer: "right", encode, decode, bytes };
}

function check(one: Contestant, value: unknown): Outcome["peer"] {
  try {
    const encoded = one.encode(value);
    return isSame(value, one.decode === undefined ? encoded : one.decode(encoded as never)) ? "right" : "wrong";
  } catch {
    return "cannot";
  }
}

async function race(ours: () => unknown, peer: () => unknown): Promise<[number[], number[]]> {
  const times = await inRounds({ ours: repeat(ours), peer: repeat(peer) }, ROUNDS);
  if (quick) return [times.ours, times.peer];
  return [[sampleOf(times.ours).median], [sampleOf(times.peer).median]];
}

function repeat(call: () => unknown): (count: number) => void {
  return count => {
    for (let i = 0; i < count; i++) call();
  };
}

/** What is in a kept buffer is overwritten by the next encoding. */
function copyOf(encoded: unknown): unknown {
  return encoded instanceof Uint8Array ? encoded.slice() : encoded;
}

function sizeOf(encoded: unknown): number {
  if (typeof encoded === "string") return Buffer.byteLength(encoded);
  return (encoded as Uint8Array | undefined)?.byteLength ?? 0;
}

if (import.meta.main) {
  const [data, ours, peer] = process.argv.slice(2) as [string, string, string];
  console.log(JSON.stringify(await duel(data, ours, peer)));
}
