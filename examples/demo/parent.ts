/** A child's end of the line to the demo's main process. */
import { rmSync } from "node:fs";

/** The demo's folder in shared memory: the first argument of every child. */
export const directory = process.argv[2]!;

process.on("message", message => {
  if (message === "release") process.exit();
});
// Not released, and the line is dead: the main process was killed and could not clean up behind it.
process.on("disconnect", () => {
  rmSync(directory, { recursive: true, force: true });
  process.exit();
});

export function send(message: unknown): void {
  process.send?.(message);
}

/** The next message from the main process. */
export function receive<T>(): Promise<T> {
  return new Promise(resolve => process.once("message", message => resolve(message as T)));
}
