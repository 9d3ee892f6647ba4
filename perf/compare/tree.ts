import { join } from "node:path";
import type { Tree } from "../probes/probe.ts";

/** A checkout's own code; its library is the one that PLASMID_LIBRARY names, its stores are in the folder of the run. */
export async function loadTree(tree: string): Promise<Tree> {
  const [{ Store }, { encode, decode }] = await Promise.all([
    import(join(tree, "src/index.ts")),
    import(join(tree, "src/codec/index.ts")),
  ]);
  return { Store, encode, decode, directory: process.env.PLASMID_PERF_FOLDER! };
}
