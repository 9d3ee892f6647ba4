import { keep, kept } from "../run/kept.ts";
import { quantile } from "../stats/sample.ts";
import { machineName, withoutKernel } from "./machine.ts";

/** What comparisons of one checkout with itself have said on this machine: a list of changes by probe, the newest last. */
export interface Noise {
  machine: string;
  changes: Record<string, number[]>;
}

/** Older ones are forgotten. */
const KEPT = 60;
const FILE = "noise.json";

/** What is known of this machine; of another one nothing is. */
export function readNoise(): Noise {
  const machine = machineName();
  const noise = kept<Noise>(FILE);
  return noise !== undefined && withoutKernel(noise.machine) === withoutKernel(machine)
    ? noise
    : { machine, changes: {} };
}

/** Adds what one more comparison of a checkout with itself has said. */
export function addNoise(changes: ReadonlyMap<string, number>): void {
  const noise = readNoise();
  for (const [probe, change] of changes) {
    noise.changes[probe] = [...(noise.changes[probe] ?? []), change].slice(-KEPT);
  }
  keep(FILE, noise);
}

/** How far nineteen in twenty comparisons of a checkout with itself lay from no change, at most; 0 if there were fewer than five. */
export function noiseOf({ changes }: Noise, probe: string): number {
  const sizes = Float64Array.from(changes[probe] ?? [], Math.abs).sort();
  return sizes.length < 5 ? 0 : quantile(sizes, 0.95);
}
