/**
 * What a million objects cost the store beside their own bytes, with room for 64 clients; and what as many texts cost in a Map of one
 * process, which can share them with nobody.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { endStore, folder, newStore } from "../run/bench.ts";
import { report } from "../run/row.ts";
import { figure } from "../stats/figure.ts";
import { exactly } from "../stats/sample.ts";

/** In a quick look, too: of fewer, what the table grows by at once is no small part. */
const COUNT = 1_000_000;
const BYTES = 100;
/** Encoded it takes two bytes more. */
const VALUE = "x".repeat(BYTES - 2);
const perText = bytesOfMap();
const store = newStore({ capacity: "256MiB", maxObjects: 1_048_576, maxClients: 64 });
const file = join(folder, `${store.name}.plasmid`);
const taken = () => statSync(file).blocks * 512;

const before = { ...store.stats(), taken: taken() };
for (let i = 0; i < COUNT; i++) store.put(VALUE);
const after = { ...store.stats(), taken: taken() };
const evicted = after.evictedTotal;
const objects = after.objects - before.objects;
endStore(store);
if (evicted > 0 || objects !== COUNT) throw new Error(`${objects} of ${COUNT} are there, ${evicted} were evicted`);

const tables = (after.metadata - before.metadata) / COUNT;
const aligned = (after.used - before.used) / COUNT - BYTES;
const grown = (after.taken - before.taken) / COUNT;
report({
  what: "bytes the store adds to an object, 64 clients",
  unit: "bytes",
  measured: exactly(tables),
  limit: { what: "a Map adds to a text", measured: exactly(perText) },
  ratio: exactly(perText / tables),
  goal: "at most 192, alignment apart",
  reached: tables <= 192,
  note:
    `${figure(COUNT)} objects of ${BYTES} bytes; alignment adds ${figure(aligned)} to these; ` +
    `the file takes ${figure(grown)} bytes more for each`,
});

/** By how much memory the process grows for each of a million texts in a Map, but for the text itself. */
function bytesOfMap(): number {
  const text = Buffer.from(VALUE);
  const resident = () => {
    Bun.gc(true);
    return process.memoryUsage.rss();
  };
  const empty = resident();
  const map = new Map<number, string>();
  for (let i = 0; i < COUNT; i++) map.set(i, text.toString("latin1"));
  return (resident() - empty) / map.size - VALUE.length;
}
