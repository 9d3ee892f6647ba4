import { randomUUID } from "node:crypto";
import { do_not_optimize } from "mitata";
import type { OpenOptions, Store } from "../../src/index.ts";
import type { Batch } from "../run/slice.ts";
import type { Probe, Tree } from "./probe.ts";

const SMALL = { id: 7, b: "xyz" };

/** A probe with a store of its own. */
function withStore(
  about: string,
  options: OpenOptions,
  make: (store: Store, tree: Tree) => Batch,
  bytes?: number,
): Probe {
  return {
    about,
    ...(bytes !== undefined && { bytes }),
    start(tree) {
      const { directory } = tree;
      const store = tree.Store.open(`probe-${randomUUID()}`, { directory, ...options });
      const batch = make(store, tree);
      return {
        batch,
        end() {
          store.close();
          tree.Store.destroy(store.name, { directory });
        },
      };
    },
  };
}

/** A put of so many bytes whose pages another one has just left: what is put is freed at once. */
function putOf(bytes: number): Probe {
  const about = `put of ${sizeText(bytes)}, freed at once`;
  const options = { capacity: Math.max(16 * 2 ** 20, bytes * 1.25) };
  return withStore(
    about,
    options,
    store => {
      const value = new Uint8Array(bytes).fill(7);
      return count => {
        for (let i = 0; i < count; i++) store.free(store.put(value));
      };
    },
    bytes,
  );
}

function getOf(bytes: number): Probe {
  const options = { capacity: Math.max(16 * 2 ** 20, bytes * 1.25) };
  return withStore(
    `get of ${sizeText(bytes)}, held`,
    options,
    store => {
      const ref = store.put(new Uint8Array(bytes).fill(7), { pin: true });
      const held = store.peek(ref);
      return count => {
        do_not_optimize(held);
        for (let i = 0; i < count; i++) do_not_optimize(store.peek(ref));
      };
    },
    bytes,
  );
}

/** `64 B`, `4 KiB`, `1 GiB`. */
export function sizeText(bytes: number): string {
  const power = Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${bytes / 1024 ** power} ${["B", "KiB", "MiB", "GiB"][power]}`;
}

/** The store's probes by name. */
export const STORE: Readonly<Record<string, Probe>> = {
  put: withStore("put(0), its ref dropped at once, in a store that is full", { capacity: "16MiB" }, store => {
    while (store.stats().evictedTotal === 0) for (let i = 0; i < 1_000; i++) store.put(0);
    return count => {
      for (let i = 0; i < count; i++) store.put(0);
    };
  }),
  "put-name": withStore(
    "put of a small object under a name, replaced each time",
    { capacity: "16MiB" },
    store => count => {
      for (let i = 0; i < count; i++) store.put(SMALL, { name: "small", replace: true });
    },
  ),
  "put-64KiB": putOf(65_536),
  "put-1MiB": putOf(2 ** 20),
  seal: withStore("allocateUnsafe and seal of 1 MiB, freed at once", { capacity: "16MiB" }, store => count => {
    for (let i = 0; i < count; i++) store.free(store.allocateUnsafe(Uint8Array, 2 ** 20).seal());
  }),
  peek: withStore("peek of 10 bytes", { capacity: "16MiB" }, store => {
    const ref = store.put(SMALL);
    return count => {
      for (let i = 0; i < count; i++) do_not_optimize(store.peek(ref));
    };
  }),
  "peek-name": withStore("peek of 10 bytes by name", { capacity: "16MiB" }, store => {
    store.put(SMALL, { name: "small", pin: true });
    return count => {
      for (let i = 0; i < count; i++) do_not_optimize(store.peek("small"));
    };
  }),
  "peek-held": getOf(2 ** 20),
  get: withStore("await get of 10 bytes", { capacity: "16MiB" }, store => {
    const ref = store.put(SMALL);
    return async count => {
      for (let i = 0; i < count; i++) do_not_optimize(await store.get(ref));
    };
  }),
  "get-refs": withStore("get of a value that holds 1,000 refs", { capacity: "16MiB" }, store => {
    const list = store.put(store.putMany(Array.from({ length: 1_000 }, (_, i) => i)));
    return count => {
      for (let i = 0; i < count; i++) do_not_optimize(store.peek(list));
    };
  }),
  wait: withStore("wait on 1,000 refs that are all there", { capacity: "16MiB" }, store => {
    const refs = store.putMany(Array.from({ length: 1_000 }, (_, i) => i));
    return async count => {
      for (let i = 0; i < count; i++) do_not_optimize(await store.wait(refs));
    };
  }),
};
