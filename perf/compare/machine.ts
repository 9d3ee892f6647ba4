import { cpus, release } from "node:os";

/** The machine, in so many words as tell it from another. */
export function machineName(): string {
  return `${cpus().length} x ${cpus()[0]?.model.trim()}, Linux ${release()}`;
}

/** The machine whatever kernel it runs: a new one makes no other machine of it. */
export function withoutKernel(machine: string): string {
  return machine.replace(/, Linux \S+$/, "");
}
