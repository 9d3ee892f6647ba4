/** How long each single call takes, the rare long ones too; the clock that is read around each is timed alone beside them. */

import { do_not_optimize } from "mitata";
import { now } from "mitata/src/lib.mjs";
import { endStore, newStore, times } from "../run/bench.ts";
import { report } from "../run/row.ts";
import { timeText } from "../stats/figure.ts";
import { Histogram } from "../stats/histogram.ts";

const CALLS = times(500_000);
const store = newStore({ capacity: "64MiB" });
const small = store.put({ id: 7, b: "xyz" }, { pin: true });
const large = store.put(new Uint8Array(2 ** 20), { pin: true });
const value = new Uint8Array(4096);

const CALLED = {
  "the clock alone": () => {},
  "peek of 10 bytes": () => do_not_optimize(store.peek(small)),
  "peek of a held 1 MiB array": () => do_not_optimize(store.peek(large)),
  "put(0), its ref dropped": () => do_not_optimize(store.put(0)),
  "put of 4 KiB, its ref dropped": () => do_not_optimize(store.put(value)),
};

const held = store.peek(large);
// As long as all: what is compiled late is compiled by then, and the store is full.
for (const call of Object.values(CALLED)) timed(call, Math.max(100_000, CALLS / 4));
for (const [what, call] of Object.entries(CALLED)) {
  const latencies = timed(call, CALLS);
  const at = (q: number) => timeText(latencies.quantile(q));
  report({
    what: `latency: ${what}`,
    unit: "ns",
    measured: {
      median: latencies.quantile(0.5),
      low: latencies.quantile(0.1),
      high: latencies.quantile(0.9),
      count: latencies.count,
    },
    note: `p99 ${at(0.99)}, p99.9 ${at(0.999)}, max ${timeText(latencies.max)}`,
    latencies: latencies.toJSON(),
  });
}
do_not_optimize(held);
endStore(store);

function timed(call: () => void, count: number): Histogram {
  const latencies = new Histogram();
  for (let i = 0; i < count; i++) {
    const start = now();
    call();
    latencies.record(now() - start);
  }
  return latencies;
}
