/** A child's end of the line to the demo's main process. */

// The main process has let this one go, or has died: either way nothing is left to do.
process.on("disconnect", () => process.exit());

export function send(message: unknown): void {
  process.send?.(message);
}

/** The next message from the main process. */
export function receive<T>(): Promise<T> {
  return new Promise(resolve => process.once("message", message => resolve(message as T)));
}
