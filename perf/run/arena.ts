import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";
const PREFIX = "plasmid-perf-";
const OURS = new RegExp(`^${PREFIX}(\\d+)$`);

/** The folders of one run. Whoever kills a bench, or this process by a signal it can hear, leaves nothing behind. */
export class Arena implements Disposable {
  /** For stores, in memory. */
  readonly folder = join(MEMORY, `${PREFIX}${process.pid}`);
  /** For what is to be on a disk; made by whoever needs it. */
  readonly disk: string;

  constructor() {
    const disk = process.env.PLASMID_PERF_DISK ?? tmpdir();
    this.disk = join(disk, `${PREFIX}${process.pid}`);
    for (const place of [MEMORY, disk]) sweep(place);
    mkdirSync(this.folder, { mode: 0o700 });
  }

  [Symbol.dispose](): void {
    for (const folder of [this.folder, this.disk]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Takes away what runs left in a place that were killed so that they could not. */
function sweep(place: string): void {
  for (const name of readdirSync(place)) {
    const [, pid] = OURS.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(place, name), { recursive: true, force: true });
  }
}
