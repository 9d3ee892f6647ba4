import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DATA } from "../codec/data.ts";

export const BENCH_FOLDER = join(import.meta.dir, "../benches");

/** In this order in the table; what is not named here comes after. */
const FIRST = [
  "sizes",
  "put-warm",
  "put-fresh",
  "seal",
  "get-large",
  "get-sum",
  "peek",
  "get-await",
  "peek-held",
  "put-small",
  "eviction",
  "names",
  "get-refs",
  "wait",
  "latency",
  "steps",
  "wake",
  "peers",
  "two-processes",
  "overhead",
  "heap",
  "recovery",
];

/** Benches that are given a name behind a colon. */
const GIVEN: Readonly<Record<string, readonly string[]>> = { codec: Object.keys(DATA) };

/** All benches: a file of benches/ is one, or one for each of its names: `codec:a`. */
export function allBenches(): string[] {
  const files = readdirSync(BENCH_FOLDER)
    .filter(file => file.endsWith(".ts"))
    .map(file => file.slice(0, -3))
    .sort();
  const place = (file: string) => (FIRST.indexOf(file) + 1 || FIRST.length + 1) + (file === "codec" ? 1 : 0);
  return files
    .sort((a, b) => place(a) - place(b))
    .flatMap(file => GIVEN[file]?.map(name => `${file}:${name}`) ?? [file]);
}
