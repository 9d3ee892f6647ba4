import { existsSync, rmSync, writeFileSync } from "node:fs";
import { Lock } from "./lock.ts";

/** Beside a place: what is locked, and what is there once the place is all made. */
const lockOf = (place: string) => `${place}.lock`;
const finishedOf = (place: string) => `${place}.finished`;

/**
 * Has a place made unless it is there in full: of several processes by one of them, and anew where that was broken off. While the lock that
 * it gives is held nobody forgets the place. Undefined if others have been making it for so long, or the wait was broken off.
 */
export async function claim(
  place: string,
  make: () => Promise<void>,
  waitS: number,
  signal?: AbortSignal,
): Promise<Lock | undefined> {
  for (;;) {
    const shared = await Lock.take(lockOf(place), "shared", waitS, signal);
    if (shared === undefined || existsSync(finishedOf(place))) return shared;
    await shared[Symbol.asyncDispose]();
    await using alone = await Lock.take(lockOf(place), "exclusive", waitS, signal);
    if (alone === undefined) return undefined;
    if (existsSync(finishedOf(place))) continue;
    await make();
    // Last: until it is there, all of the place is made again.
    writeFileSync(finishedOf(place), "");
  }
}

/** Takes a place away, unless somebody has claimed it. */
export async function forget(place: string, remove: () => Promise<void>): Promise<void> {
  await using alone = await Lock.take(lockOf(place), "exclusive", 0);
  if (alone === undefined) return;
  rmSync(finishedOf(place), { force: true });
  await remove();
}
