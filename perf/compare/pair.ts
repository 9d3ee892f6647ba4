import { join } from "node:path";
import { Partner } from "../run/partner.ts";
import { logRatios, median } from "../stats/median.ts";
import { type Random, shuffle } from "../stats/random.ts";
import type { Pin } from "./pin.ts";

/** A checkout and the library that was built of it. */
export interface Side {
  tree: string;
  library: string;
  /** For its processes alone. */
  env?: Record<string, string>;
}

export interface Budget {
  warmUpMs: number;
  sliceMs: number;
  /** Slices of each side in a pair. */
  slices: number;
}

/** What one pair of processes says. */
export interface Pair {
  /** Medians of nanoseconds. */
  baseNs: number;
  ns: number;
  /** The median of the log ratios of slices that stood beside each other: above 0, the second side is slower. */
  ratio: number;
}

const WORKER = join(import.meta.dir, "worker.ts");

/** Two fresh processes on one core take turns, whose order is drawn anew for each two slices. */
export async function runPair(
  probe: string,
  sides: readonly [base: Side, other: Side],
  pin: Pin,
  budget: Budget,
  folder: string,
  random: Random,
): Promise<Pair> {
  const start = ({ tree, library, env }: Side) =>
    new Partner(WORKER, [tree, probe, String(budget.warmUpMs), String(budget.sliceMs)], {
      under: pin.under,
      env: { PLASMID_PERF_FOLDER: folder, PLASMID_LIBRARY: library, ...env },
      timeoutMs: 60_000,
    });
  await using base = start(sides[0]);
  await base.hear();
  await using other = start(sides[1]);
  await other.hear();
  const ns: [number[], number[]] = [[], []];
  const turns = [
    { partner: base, ns: ns[0] },
    { partner: other, ns: ns[1] },
  ];
  for (let i = 0; i < budget.slices; i++) {
    for (const turn of shuffle(turns, random)) turn.ns.push(await turn.partner.ask<number>("slice"));
  }
  return { baseNs: median(ns[0]), ns: median(ns[1]), ratio: median(logRatios(ns[0], ns[1])) };
}
