// Go on as soon as two of three producers have answered.
// Run: bun examples/wait.ts
import { Store } from "plasmid";

const [given, producer] = process.argv.slice(2);
const name = given ?? `wait-${process.pid}`;
using store = Store.open(name, { capacity: "16MiB" });

if (given === undefined) {
  try {
    const speeds = { hare: 100, fox: 200, tortoise: 3000 };
    const producers = Object.entries(speeds).map(([animal, ms]) =>
      Bun.spawn([process.execPath, import.meta.path, name, `${animal}:${ms}`], {
        stdio: ["ignore", "inherit", "inherit"],
      }),
    );
    // Names or refs, also of what is not there yet. Nobody polls: a seal wakes whoever waits for it.
    const { ready, pending } = await store.wait(Object.keys(speeds), { count: 2 });
    console.log("there:", await store.get<string>(ready));
    console.log("not waited for:", pending);
    // A get waits too, and can be bounded.
    const late = await store.get<string>(pending, { timeoutMs: 50 }).catch(error => error.code);
    console.log("the last one, within 50 ms:", late);
    for (const process of producers) process.kill();
    await Promise.all(producers.map(process => process.exited));
  } finally {
    Store.destroy(name);
  }
} else {
  const [animal, ms] = producer!.split(":");
  await Bun.sleep(Number(ms));
  store.put(`${animal} took ${ms} ms`, { name: animal! });
}
