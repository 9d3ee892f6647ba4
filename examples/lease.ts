// Say when you are done with shared memory, instead of leaving it to the garbage collector.
// Run: bun examples/lease.ts
import { Store } from "plasmid";

const name = `lease-${process.pid}`;
using store = Store.open(name, { capacity: "16MiB" });
try {
  const ref = store.put({ samples: Float32Array.from({ length: 1_000_000 }, (_, i) => Math.sin(i)) });
  let escaped: Float32Array;
  {
    using lease = store.lease(ref);
    const { samples } = lease.value; // 4 MB, in place: nothing was copied
    console.log(`within the block: ${samples.length} samples, the loudest is ${loudest(samples).toFixed(3)}`);
    escaped = samples;
    console.log(`objects that this process reads now: ${store.stats().leases}`);
  }
  // The block has ended and the lease with it. A view that got away can't read what comes to stand there next.
  console.log(`after the block: ${escaped.length} samples; objects read now: ${store.stats().leases}`);

  // To keep something, copy it: slice() gives memory of your own.
  let kept: Float32Array;
  {
    using lease = store.lease(ref);
    kept = lease.value.samples.slice(0, 3);
  }
  console.log(`kept: ${Array.from(kept, sample => sample.toFixed(3)).join(", ")}`);
} finally {
  Store.destroy(name);
}

function loudest(samples: Float32Array): number {
  let most = 0;
  for (let i = 0; i < samples.length; i++) most = Math.max(most, Math.abs(samples[i]!));
  return most;
}
