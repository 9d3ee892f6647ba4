/** Getting 800 MB (a quick look: 200) and summing them in a process that never saw them, against what else that process could do. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endStore, folder, newStore, quick, times } from "../run/bench.ts";
import { flightDoubles } from "../run/flights.ts";
import { Partner } from "../run/partner.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

const VALUES = quick ? 25_000_000 : 100_000_000;
const name = "flights";
const file = join(folder, name);
const store = newStore({ capacity: "1000MB" });
{
  const values = await flightDoubles(VALUES);
  store.put(values, { name, pin: true });
  writeFileSync(file, values);
}

async function once(...args: string[]): Promise<{ ms: number; localMs: number; total: number }> {
  await using summer = new Partner("summer", args);
  return await summer.hear();
}

const gets: number[] = [];
const locals: number[] = [];
const files: number[] = [];
for (let i = 0; i < times(7); i++) {
  const shared = await once("store", store.name, name);
  const read = await once("file", file);
  if (shared.total !== read.total) throw new Error("the sums differ");
  gets.push(shared.ms);
  locals.push(shared.localMs);
  files.push(read.ms);
}
endStore(store);
rmSync(file);

const toLocal = sampleOf(quotients(locals, gets));
report({
  what: `get + sum of ${(VALUES * 8) / 1e6} MB, fresh process`,
  unit: "ms",
  measured: sampleOf(gets),
  limit: { what: "sum, warm local array", measured: sampleOf(locals) },
  ratio: toLocal,
  goal: "at least 0.7",
  reached: toLocal.median >= 0.7,
});
const toFile = sampleOf(quotients(files, gets));
report({
  what: "  the same beside a file in /dev/shm",
  unit: "ms",
  measured: sampleOf(gets),
  limit: { what: "read into a buffer + sum", measured: sampleOf(files) },
  ratio: toFile,
  goal: "5 times faster",
  reached: toFile.median >= 5,
});
