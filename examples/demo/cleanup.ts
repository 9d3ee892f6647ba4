/** What must be undone however this process ends: by finishing, by an error, or by a signal. */

const undone: (() => void)[] = [];
const signals = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

/** Runs `undo` when the process ends; what was registered last is undone first. */
export function onExit(undo: () => void): void {
  undone.push(undo);
}

/** Turns signals into an orderly end. Call it before there is anything to undo. */
export function installCleanup(onSignal: (name: string) => void): void {
  process.on("exit", () => {
    for (let undo = undone.pop(); undo; undo = undone.pop()) {
      try {
        undo();
      } catch (error) {
        process.exitCode = 1;
        console.error("clean up:", error instanceof Error ? error.message : error);
      }
    }
  });
  for (const [name, number] of Object.entries(signals)) {
    process.on(name, () => {
      onSignal(name);
      process.exit(128 + number);
    });
  }
}
