import { keep, kept } from "../run/kept.ts";
import { machineName, withoutKernel } from "./machine.ts";
import { type Difference, noiseLevel } from "./noise-level.ts";

/** What comparisons of one checkout with itself have said on this machine, by the usual budget: a list by probe, the newest last. */
export interface Noise {
  schema: number;
  machine: string;
  changes: Record<string, Difference[]>;
}

/** Older ones are forgotten. */
const KEPT = 60;
const FILE = "noise.json";
const SCHEMA = 2;

/** What is known of this machine; of another one nothing is. */
export function readNoise(): Noise {
  const machine = machineName();
  const noise = kept<Noise>(FILE);
  const isOurs = noise?.schema === SCHEMA && withoutKernel(noise.machine) === withoutKernel(machine);
  return isOurs ? noise : { schema: SCHEMA, machine, changes: {} };
}

/** Adds what one more comparison of a checkout with itself has said. */
export function addNoise(changes: ReadonlyMap<string, number>, at = new Date().toISOString()): void {
  const noise = readNoise();
  for (const [probe, change] of changes) {
    noise.changes[probe] = [...(noise.changes[probe] ?? []), { at, change }].slice(-KEPT);
  }
  keep(FILE, noise);
}

/** How far nineteen in twenty comparisons of a checkout with itself lay from no change, at most; 0 if there were fewer than five. */
export function noiseOf({ changes }: Noise, probe: string): number {
  const differences = changes[probe] ?? [];
  return differences.length < 5 ? 0 : noiseLevel(differences, 0.95);
}
