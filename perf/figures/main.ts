import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { basename, join } from "node:path";
import type { Row } from "./row.ts";

// Each bench is a process of its own: what one has compiled and allocated is not another's to suffer from.
const folder = join(import.meta.dir, "benches");
const words = process.argv.slice(2);
const json = words.includes("--json");
const filter = words.filter(word => !word.startsWith("--"));
const names = readdirSync(folder).map(file => basename(file, ".ts"));
const benches = names.filter(name => filter.length === 0 || filter.some(word => name.includes(word))).sort();
if (benches.length === 0) {
  console.error(`no bench is called like ${filter.join(" or ")}; there are ${names.sort().join(", ")}`);
  process.exit(1);
}

let running: Bun.Subprocess | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => running?.kill(signal));

function print(row: Row): void {
  if (json) console.log(JSON.stringify(row));
  else
    console.log(
      `${row.reached ? "  " : "✗ "}${row.what}\n    ${row.measured}\n    ${row.beside || "-"}\n    goal: ${row.goal}`,
    );
}

if (!json) {
  const day = new Date().toISOString().slice(0, 10);
  console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Bun ${Bun.version}, ${day}\n`);
}
let failed = false;
const missed: string[] = [];
for (const bench of benches) {
  const child = Bun.spawn([process.execPath, join(folder, `${bench}.ts`)], { stdout: "pipe", stderr: "inherit" });
  running = child;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of child.stdout) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() as string;
    for (const line of lines) {
      const row = JSON.parse(line) as Row;
      print(row);
      if (!row.reached) missed.push(row.what);
    }
  }
  if ((await child.exited) !== 0) {
    console.error(`bench ${bench} ended with ${child.exitCode ?? child.signalCode}`);
    failed = true;
    if (child.signalCode !== null || child.exitCode === 130) break;
  }
}
if (!json) console.log(missed.length === 0 ? "\nevery goal reached" : `\nnot reached: ${missed.join("; ")}`);
process.exit(failed ? 1 : 0);
