import { parseArgs } from "node:util";
import { PlasmidError } from "../errors.ts";
import { Store } from "../store/store.ts";
import { UsageError } from "./usage.ts";

/** What a command about stores was called with. */
export interface StoreCall {
  names: string[];
  directory?: string;
  json: boolean;
  help: boolean;
}

/** @throws UsageError */
export function storeCall(args: string[]): StoreCall {
  const flag = { type: "boolean" } as const;
  const options = { directory: { type: "string" }, json: flag, help: { ...flag, short: "h" } } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { names: positionals, directory: values.directory, json: values.json === true, help: values.help === true };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/**
 * Does `work` with the store open, which must be there; 1, and why on the standard error, if that can't be.
 * A store that ends with its last client is left as it is found: whoever looks is one.
 */
export function withStore(name: string, { directory }: StoreCall, work: (store: Store) => number): number {
  try {
    using store = Store.open(name, { directory, mustExist: true });
    return work(store);
  } catch (error) {
    if (!(error instanceof PlasmidError)) throw error;
    process.stderr.write(`plasmid: ${error.message}\n`);
    return 1;
  }
}
