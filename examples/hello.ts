// Put a value in one process, get it in another.
// Run: bun examples/hello.ts
import { Store } from "plasmid";

const [given] = process.argv.slice(2);
const name = given ?? `hello-${process.pid}`;
// Whoever comes first makes the store; everyone else on this machine opens it by its name.
using store = Store.open(name, { capacity: "64MiB" });

if (given === undefined) {
  try {
    store.put(
      { from: process.pid, squares: Float64Array.from({ length: 1_000_000 }, (_, i) => i * i) },
      { name: "hello" },
    );
    await Bun.spawn([process.execPath, import.meta.path, name], { stdio: ["ignore", "inherit", "inherit"] }).exited;
  } finally {
    Store.destroy(name); // a store outlives its processes until someone says so
  }
} else {
  // The 8 MB of `squares` are not copied: this array is the shared memory itself.
  const { from, squares } = await store.get<{ from: number; squares: Float64Array }>("hello");
  console.log(`process ${process.pid} reads what process ${from} has put: 999² is ${squares[999]}`);
}
