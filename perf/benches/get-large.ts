/**
 * A get of an array that nobody in the process holds, from 1 MiB to 4 GiB; how much of it is the collector's, which counts the bytes under
 * an ArrayBuffer whoever's they are: the larger, the more often it runs, and the colder it leaves the caches. That is so for ArrayBuffers
 * of FFI over the same bytes too, the limit; what lies above them is the store's.
 */
import { join } from "node:path";
import { endStore, newStore, quick, times } from "../run/bench.ts";
import { report } from "../run/row.ts";
import { figure } from "../stats/figure.ts";
import { exactly, quantile, sampleOf } from "../stats/sample.ts";
import { FROM_HERE, TO_HERE } from "./partners/marks.ts";

const MIB = 2 ** 20;
const SIZES = { "1 MiB": MIB, "16 MiB": 16 * MIB, "256 MiB": 256 * MIB, "1 GiB": 1024 * MIB, "4 GiB": 4096 * MIB };
const store = newStore({ capacity: "5400MiB" });
for (const [name, bytes] of Object.entries(SIZES)) {
  const draft = store.allocateUnsafe(Uint8Array, bytes, { name, pin: true });
  draft.view[0] = 1;
  draft.seal();
}

interface Getter {
  ms: number;
  times: number[];
}

const getter = join(import.meta.dir, "partners", "getter.ts");

async function get(how: "get" | "bare", name: string, logGc: boolean): Promise<Getter & { log: string }> {
  const child = Bun.spawn([process.execPath, getter, how, store.name, name, String(times(5_000))], {
    env: { ...process.env, ...(logGc && { BUN_JSC_logGC: "1" }) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [text, log] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  if ((await child.exited) !== 0) throw new Error(log);
  return { ...(JSON.parse(text) as Getter), log };
}

/** The share of the measured time for which the collector stopped the program. */
function gcShare({ log, ms }: Getter & { log: string }): number {
  const measured = log.slice(log.indexOf(FROM_HERE), log.indexOf(TO_HERE));
  let stopped = 0;
  for (const [, pauses] of measured.matchAll(/p=([\d.]+)ms/g)) stopped += Number(pauses);
  return stopped / ms;
}

const medians: { get: number[]; bare: number[] } = { get: [], bare: [] };
/** Each in three processes of its own. */
const MEASURED = Object.keys(SIZES).filter((_, i) => !quick || i % 2 === 0);
for (const name of MEASURED) {
  const { times: us } = await get("get", name, false);
  const { times: bareUs } = await get("bare", name, false);
  const share = gcShare(await get("get", name, true));
  const sorted = us.sort((a, b) => a - b);
  const measured = sampleOf(sorted);
  const bare = sampleOf(bareUs);
  medians.get.push(measured.median);
  medians.bare.push(bare.median);
  report({
    what: `get of an array not held, ${name}`,
    unit: "µs",
    measured,
    limit: { what: "an ArrayBuffer of FFI over it", measured: bare },
    ratio: exactly(bare.median / measured.median),
    goal: "median under 100 µs",
    reached: measured.median < 100,
    note: `p99 ${figure(quantile(sorted, 0.99))} µs, worst ${figure(sorted.at(-1)!)} µs; collector ${figure(share * 100)} % of the time`,
  });
}
const flatness = (of: readonly number[]) => Math.max(...of) / Math.min(...of);
const flat = flatness(medians.get);
const bareFlat = flatness(medians.bare);
report({
  what: "  slowest median to fastest, 1 MiB to 4 GiB",
  unit: "",
  better: "less",
  measured: exactly(flat),
  limit: { what: "of the ArrayBuffers of FFI", measured: exactly(bareFlat) },
  ratio: exactly(bareFlat / flat),
  goal: "flat: at most 2",
  reached: flat <= 2,
});
endStore(store);
