import { open, type RootDatabase } from "lmdb";

/** LMDB in shared memory, without syncs and with a writable map: its fastest way, where nothing has to outlive the machine. */
export function openLmdb(path: string): RootDatabase<Uint8Array, string> {
  return open<Uint8Array, string>({
    path,
    encoding: "binary",
    noSync: true,
    useWritemap: true,
    mapSize: 2 ** 30,
    maxReaders: 8,
  });
}
