import type { RootDatabase } from "lmdb";
import { installed } from "../run/installed.ts";

/**
 * LMDB in shared memory, without syncs and with a writable map: its fastest way, where nothing has to outlive the machine.
 * @throws NotInstalled
 */
export async function openLmdb(path: string): Promise<RootDatabase<Uint8Array, string>> {
  const { open } = await installed("lmdb", () => import("lmdb"));
  return open<Uint8Array, string>({
    path,
    encoding: "binary",
    noSync: true,
    useWritemap: true,
    mapSize: 2 ** 30,
    maxReaders: 8,
  });
}
