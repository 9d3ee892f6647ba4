/**
 * `bun perf [name...] [--json] [--quick]`: what Plasmid's figures are, each beside its limit or a peer that was measured in the same
 * run. A name chooses the benches whose file names contain it. Every bench is a process of its own.
 */
import { cpus, loadavg, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DATA } from "../codec/data.ts";
import { Arena } from "../run/arena.ts";
import type { Row } from "../run/row.ts";
import { tableOf } from "./table.ts";

/** In the order of the table; files of benches/, with what they are given behind a colon. */
const BENCHES = [
  "put-warm",
  "put-fresh",
  "seal",
  "get-large",
  "get-sum",
  "peek",
  "get-await",
  "peek-held",
  "put-small",
  "get-refs",
  "wait",
  "wake",
  "two-processes",
  "overhead",
  "heap",
  ...Object.keys(DATA).map(data => `codec:${data}`),
];

/** None takes this long, but on a machine that does something else. */
const TIMEOUT_MS = 300_000;

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, quick: { type: "boolean", default: false } },
});

const chosen = BENCHES.filter(name => wanted.length === 0 || wanted.some(part => name.includes(part)));
if (chosen.length === 0) {
  console.error(`no bench is called ${wanted.join(" or ")}; there are ${BENCHES.join(", ")}`);
  process.exit(2);
}

using arena = new Arena();
let running: Bun.Subprocess | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    if (running !== undefined) endGroup(running);
    arena[Symbol.dispose]();
    process.exit(signal === "SIGINT" ? 130 : 143);
  });
}

const rows: Row[] = [];
const failed: string[] = [];
if (options.json) console.log(JSON.stringify({ machine: machine(), bun: Bun.version, load: loadavg() }));
for (const name of chosen) {
  const start = performance.now();
  if (process.stderr.isTTY) process.stderr.write(`${name} ...\r`);
  if (!(await runBench(name))) failed.push(name);
  console.error(`${name.padEnd(14)} ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

if (!options.json) {
  console.log(
    `\n${machine()}, Bun ${Bun.version}, load ${loadavg()
      .map(load => load.toFixed(1))
      .join(" ")}`,
  );
  console.log("median (p10..p90); with fewer than ten measurements (least..most)\n");
  console.log(tableOf(rows));
  const judged = rows.filter(row => row.reached !== undefined);
  console.log(`\n${judged.filter(row => row.reached).length} of ${judged.length} goals reached`);
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}

async function runBench(name: string): Promise<boolean> {
  const [file, ...args] = name.split(":");
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../benches", `${file}.ts`), ...args], {
    env: { ...process.env, PLASMID_PERF_FOLDER: arena.folder, PLASMID_PERF_QUICK: options.quick ? "1" : "0" },
    stdio: ["ignore", "pipe", "inherit"],
    // A group of its own, so that one signal ends it with all that it has started.
    detached: true,
  });
  running = child;
  const timer = setTimeout(() => endGroup(child), TIMEOUT_MS);
  for (const line of (await child.stdout.text()).split("\n")) {
    if (line === "") continue;
    if (options.json) console.log(line);
    rows.push(JSON.parse(line) as Row);
  }
  const code = await child.exited;
  clearTimeout(timer);
  running = undefined;
  return code === 0;
}

function endGroup(child: Bun.Subprocess): void {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function machine(): string {
  return `${cpus().length} x ${cpus()[0]?.model.trim()}, Linux ${release()}`;
}
