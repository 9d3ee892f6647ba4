import { measure, now } from "mitata/src/lib.mjs";

/** Does something `count` times. */
export type Batch = (count: number) => void | Promise<void>;

interface Turn {
  batch: Batch;
  count: number;
  resolve(ns: number): void;
  reject(error: unknown): void;
}

/** What is to be done next, and who waits for it to be known. */
const turns: Turn[] = [];
let wake: (() => void) | undefined;
let current: Turn | undefined;
let startNs: number | undefined;
let running = false;
/** The first thing that mitata does is to warm up, which is not timed: nothing is done then. */
let isWarm = false;

/**
 * The nanoseconds of one, of `count` that are done in a row. mitata samples: each slice is one of its samples, and what it is told to do
 * next comes as a parameter, which it fetches outside of what it times. So slices of several batches may take turns in any order.
 * One slice at a time.
 */
export function slice(batch: Batch, count: number): Promise<number> {
  if (!running) start();
  return new Promise((resolve, reject) => {
    turns.push({ batch, count, resolve: ns => resolve(ns / count), reject });
    wake?.();
  });
}

/** Its one run lasts as long as the process: each would begin with room for a million samples, which is 8 MB for the collector to see. */
function start(): void {
  running = true;
  const sampled = measure(
    function* () {
      yield { 0: nextTurn, bench: doTurn } as never;
    },
    // Neither collections of its own nor batches: what is in a slice is for the caller to say.
    { gc: false, now: clock, batch_threshold: 0, warmup_samples: 0, min_cpu_time: Number.POSITIVE_INFINITY },
  );
  sampled.catch(error => {
    // The next slice finds another one.
    [running, isWarm, startNs] = [false, false, undefined];
    current?.reject(error);
  });
}

async function nextTurn(): Promise<Turn | undefined> {
  if (!isWarm) {
    isWarm = true;
    return undefined;
  }
  while (turns.length === 0) {
    await new Promise<void>(resolve => {
      wake = resolve;
    });
  }
  current = turns.shift()!;
  return current;
}

async function doTurn(turn: Turn | undefined): Promise<void> {
  const pending = turn?.batch(turn.count);
  if (pending !== undefined) await pending;
}

/** mitata reads it before and after each sample, and sorts what it finds: so the order is kept here. */
function clock(): number {
  const at = now();
  if (startNs === undefined) startNs = at;
  else {
    current?.resolve(at - startNs);
    startNs = undefined;
  }
  return at;
}
