import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const MEMORY = "/dev/shm";
const PREFIX = "plasmid-perf-";

/** The folder of one run's stores. Whoever kills a bench, or this process by a signal it can hear, leaves nothing behind. */
export class Arena implements Disposable {
  readonly folder = join(MEMORY, `${PREFIX}${process.pid}`);

  constructor() {
    sweep();
    mkdirSync(this.folder, { mode: 0o700 });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Takes away what runs left that were killed so that they could not. */
function sweep(): void {
  for (const name of readdirSync(MEMORY)) {
    if (!name.startsWith(PREFIX) || existsSync(`/proc/${name.slice(PREFIX.length)}`)) continue;
    rmSync(join(MEMORY, name), { recursive: true, force: true });
  }
}
