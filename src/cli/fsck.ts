import { CorruptError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { type StoreCall, storeCall, withStore } from "./store-call.ts";
import { UsageError } from "./usage.ts";

const HELP = `plasmid fsck NAME...

Walks the whole of a store and derives every count anew. What is wrong is said, and made anew from what each object says of itself; an
object whose checksum is wrong is put aside. Nobody else can use the store meanwhile.

  --directory DIR   where the store is (default: the user's folder in /dev/shm)
  --json            a line of JSON a store
  --help

Exits with 1 if anything was wrong, or a store can't be opened.
`;

/** The command `fsck`. Gives the exit code. */
export function fsck(args: string[]): number {
  const call = storeCall(args);
  if (call.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (call.names.length === 0) throw new UsageError("fsck takes the NAME of a store");
  return Math.max(...call.names.map(name => withStore(name, call, store => examine(store, call))));
}

function examine(store: Store, { json }: StoreCall): number {
  const fault = faultOf(store);
  const left = fault === null ? null : faultOf(store);
  const { objects, clients, quarantinedTotal } = store.stats();
  const mended = fault !== null && left === null;
  if (json) {
    const found = { name: store.name, clean: fault === null, fault, mended, objects, clients, quarantinedTotal };
    process.stdout.write(`${JSON.stringify(found)}\n`);
  } else {
    const state = fault === null ? "clean" : `${fault}; ${mended ? "made anew" : `and still: ${left}`}`;
    const aside = quarantinedTotal === 0 ? "" : `, ${quarantinedTotal} put aside since it was made`;
    process.stdout.write(`${store.name}: ${state}; ${objects} objects, ${clients} clients${aside}\n`);
  }
  return fault === null ? 0 : 1;
}

// The call after one that finds a fault makes anew what is derived.
function faultOf(store: Store): string | null {
  try {
    store.check();
    return null;
  } catch (error) {
    if (error instanceof CorruptError) return error.message;
    throw error;
  }
}
