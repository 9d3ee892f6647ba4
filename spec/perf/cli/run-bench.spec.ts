import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runBench } from "../../../perf/cli/run-bench.ts";
import type { RecordedRow } from "../../../perf/history/recording.ts";
import { Arena } from "../../../perf/run/arena.ts";
import { temporaryFolder } from "../../support/program.ts";

const planted = temporaryFolder("benches");
const arena = new Arena();
afterAll(() => {
  arena[Symbol.dispose]();
  planted[Symbol.dispose]();
});

async function ended(text: string, timeoutMs?: number, signal = new AbortController().signal) {
  writeFileSync(join(planted.path, "one.ts"), text);
  const rows: RecordedRow[] = [];
  const onRow = (row: RecordedRow) => void rows.push(row);
  const options = { arena, quick: true, signal, onRow, from: planted.path };
  const why = await runBench("one", { ...options, ...(timeoutMs !== undefined && { timeoutMs }) });
  return { why, rows: rows.map(({ bench, what }) => `${bench} ${what}`) };
}

const ROW = `console.log('{"what": "a row"}');`;

describe("a bench", () => {
  test("hands in its rows", async () => {
    expect(await ended(ROW)).toEqual({ why: undefined, rows: ["one a row"] });
  });

  test("that prints what is no row has failed, with the line named", async () => {
    for (const line of ["debugging", "1", '{"other": 1}']) {
      const { why, rows } = await ended(`${ROW} console.log('${line}');`);
      expect([why, rows]).toEqual([`it printed what is no row: ${line}`, ["one a row"]]);
    }
  });

  test("that throws, dies or does not end has failed, and why is said", async () => {
    expect((await ended(`${ROW} process.exit(3);`)).why).toBe("it ended with 3");
    expect((await ended(`process.kill(process.pid, "SIGKILL");`)).why).toBe("it ended with SIGKILL");
    expect(await ended(`${ROW} setInterval(() => {}, 1000);`, 500)).toEqual({
      why: "it did not end within 0.5 s",
      rows: ["one a row"],
    });
  });

  test("leaves its folder on a disk to the harness, which takes it away", async () => {
    await ended(`require("node:fs").mkdirSync(process.env.PLASMID_PERF_DISK_FOLDER);
      process.kill(process.pid, "SIGKILL");`);
    expect(existsSync(arena.disk)).toBe(true);
    arena[Symbol.dispose]();
    expect(existsSync(arena.disk)).toBe(false);
  });
});
