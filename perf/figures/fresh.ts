import { Store } from "plasmid";

let count = 0;

/** Runs `work` on a store of its own, and destroys it however that ends. */
export async function withStore<T>(
  options: NonNullable<Parameters<typeof Store.open>[1]>,
  work: (store: Store, name: string) => T | Promise<T>,
): Promise<T> {
  const name = `perf-${process.pid}-${count++}`;
  const store = Store.open(name, options);
  const end = () => {
    store.close();
    Store.destroy(name);
  };
  const killed = () => {
    end();
    process.exit(130);
  };
  process.once("SIGINT", killed).once("SIGTERM", killed);
  try {
    return await work(store, name);
  } finally {
    process.off("SIGINT", killed).off("SIGTERM", killed);
    end();
  }
}
