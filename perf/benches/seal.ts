/** What is left to do of an 800 MB object that was built in place: taking the room, and sealing. */
import { endStore, newStore, times } from "../run/bench.ts";
import { report } from "../run/row.ts";
import { type Sample, sampleOf } from "../stats/sample.ts";

const LENGTH = 100_000_000;
const store = newStore({ capacity: "1000MB" });
const allocations: number[] = [];
const seals: number[] = [];

function build(whole: boolean): void {
  const start = performance.now();
  const draft = store.allocateUnsafe(Float64Array, LENGTH);
  allocations.push((performance.now() - start) * 1e3);
  const { view } = draft;
  if (whole) view.fill(Math.random());
  else for (let i = 0; i < view.length; i += 512) view[i] = i;
  const sealing = performance.now();
  const ref = draft.seal();
  seals.push((performance.now() - sealing) * 1e3);
  store.free(ref);
}

// The first makes the pages warm; the next ones the code.
build(true);
for (let i = 0; i < times(30); i++) build(false);
allocations.length = 0;
seals.length = 0;
for (let i = 0; i < times(300); i++) {
  build(i % 10 === 0);
  // Lets the collector work where programs let it: between turns.
  if (i % 10 === 0) await Bun.sleep(0);
}
endStore(store);

const judge = (what: string, us: Sample) =>
  report({ what, unit: "µs", measured: us, goal: "under 20 µs", reached: us.median < 20 });
judge("allocateUnsafe of 800 MB, warm pages", sampleOf(allocations));
judge("seal of 800 MB already written", sampleOf(seals));
