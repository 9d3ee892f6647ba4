import { Store } from "../store/store.ts";
import type { Usage } from "../store/usage.ts";
import { type StoreCall, storeCall, withStore } from "./store-call.ts";

const HELP = `plasmid top [NAME...]

Who keeps how much of a store, or of each there is: by process, and by what keeps it. A process keeps objects by leases (it has views of
them), handles (it has refs) and drafts (it is building them); no process (pid 0) by pins, containment, and as cache, which goes when
room is short. One object may be in several rows.

  --directory DIR   where the stores are (default: the user's folder in /dev/shm)
  --json            a line of JSON a store
  --help

Exits with 1 if a store can't be opened.
`;

/** The command `top`. Gives the exit code. */
export function top(args: string[]): number {
  const call = storeCall(args);
  if (call.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const names = call.names.length > 0 ? call.names : Store.list(call);
  return Math.max(0, ...names.map(name => withStore(name, call, store => show(store, call))));
}

function show(store: Store, { json }: StoreCall): number {
  const { used, capacity, objects, clients, diskBytes } = store.stats();
  const usage = store.usage().sort((a, b) => b.bytes - a.bytes);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ name: store.name, used, capacity, objects, clients, diskBytes, usage })}\n`,
    );
    return 0;
  }
  // This process is a client while it looks.
  const disk = diskBytes === 0 ? "" : `, ${sizeText(diskBytes)} on disk`;
  const what = `${sizeText(used)} of ${sizeText(capacity)}, ${objects} objects, ${clients - 1} clients${disk}`;
  process.stdout.write(`${store.name}: ${what}\n${usage.map(row => `${line(row)}\n`).join("")}`);
  return 0;
}

function line({ pid, kind, count, bytes, oldestMs }: Usage): string {
  const who = pid === 0 ? "-" : String(pid);
  return `  ${who.padStart(8)}  ${kind.padEnd(11)} ${String(count).padStart(9)} ${sizeText(bytes).padStart(10)}  ${ageText(oldestMs)}`;
}

function sizeText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  let size = bytes;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

function ageText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
