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

/** What a side is told to do with a slice. */
export type Turn = "warm up" | "measure";

export interface Budget {
  /** Of each side: a third before the other one starts, the rest in turns with it. */
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

/** Of the warm-up, what a side does alone. */
const ALONE = 1 / 3;

/**
 * One core runs a pair, and a thread that compiles would take it away from either side now and then. It also decides by chance what is
 * compiled with how much known: without it peeks of one checkout differed by 3% from process to process instead of 7%.
 */
const ONE_THREAD = { BUN_JSC_useConcurrentJIT: "0" };

/** A process of a pair, and what it has measured. */
interface Running {
  partner: Partner;
  ns: number[];
}

/**
 * Two fresh processes on one core take turns, whose order is drawn anew for each two slices. They warm up in turns too: the one that was
 * ready first has waited for the other, and a process that has waited is slower for its next 100 ms or so, by up to a third. What is left
 * of that falls on either side, for which one starts first is drawn as well.
 */
export async function runPair(
  probe: string,
  sides: readonly [base: Side, other: Side],
  pin: Pin,
  budget: Budget,
  folder: string,
  random: Random,
  signal?: AbortSignal,
): Promise<Pair> {
  const { warmUpMs, sliceMs, slices } = budget;
  await using processes = new AsyncDisposableStack();
  const start = async ({ tree, library, env }: Side): Promise<Running> => {
    const partner = processes.use(
      new Partner(WORKER, [tree, probe, String(warmUpMs * ALONE), String(sliceMs)], {
        under: pin.under,
        env: { PLASMID_PERF_FOLDER: folder, PLASMID_LIBRARY: library, ...ONE_THREAD, ...env },
        timeoutMs: 60_000,
        signal,
      }),
    );
    await partner.hear();
    return { partner, ns: [] };
  };
  const both: Running[] = [];
  for (const i of shuffle([0, 1], random)) both[i] = await start(sides[i]!);
  await inTurns(both, "warm up", Math.ceil((warmUpMs * (1 - ALONE)) / sliceMs), random);
  await inTurns(both, "measure", slices, random);
  const [base, other] = both.map(({ ns }) => ns.slice(-slices)) as [number[], number[]];
  return { baseNs: median(base), ns: median(other), ratio: median(logRatios(base, other)) };
}

async function inTurns(both: readonly Running[], turn: Turn, count: number, random: Random): Promise<void> {
  for (let i = 0; i < count; i++) {
    for (const { partner, ns } of shuffle([...both], random)) ns.push(await partner.ask<number>(turn));
  }
}
