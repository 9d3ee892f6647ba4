// One process publishes ever newer parameters under one name; others follow at their own pace.
// Run: bun examples/parameter-server.ts
import { type ObjectRef, Store } from "plasmid";

interface Parameters {
  version: number;
  weights: Float32Array;
}

const [given, pauseMs] = process.argv.slice(2);
const name = given ?? `parameter-server-${process.pid}`;
const last = 100;
using store = Store.open(name, { capacity: "64MiB" });

if (given === undefined) {
  try {
    const followers = [5, 40].map(pause =>
      Bun.spawn([process.execPath, import.meta.path, name, `${pause}`], { stdio: ["ignore", "inherit", "inherit"] }),
    );
    await store.get(["ready/5", "ready/40"]);
    let previous: ObjectRef<Parameters> | undefined;
    for (let version = 1; version <= last; version++) {
      const weights = new Float32Array(100_000).fill(version);
      // The name moves to the new object in one step. Who reads the old one reads on: what is sealed never changes.
      // The pin keeps the new one, whoever holds a ref to it; the old one is garbage when its readers are done.
      const ref = store.put<Parameters>({ version, weights }, { name: "parameters", replace: true, pin: true });
      if (previous) store.unpin(previous);
      previous = ref;
      await Bun.sleep(5);
    }
    await Promise.all(followers.map(follower => follower.exited));
  } finally {
    Store.destroy(name);
  }
} else {
  store.put(true, { name: `ready/${pauseMs}` });
  const seen: number[] = [];
  while (seen.at(-1) !== last) {
    const { version, weights } = await store.get<Parameters>("parameters");
    if (weights.some(weight => weight !== version)) throw new Error("parameters of two versions at once");
    if (seen.at(-1) !== version) seen.push(version);
    await Bun.sleep(Number(pauseMs));
  }
  console.log(`looking every ${pauseMs} ms: saw ${seen.length} of ${last} versions, each whole: ${summary(seen)}`);
}

function summary(seen: number[]): string {
  return `${seen.slice(0, 4).join(", ")}, …, ${seen.slice(-2).join(", ")}`;
}
