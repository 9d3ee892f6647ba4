import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HistoryError, type HistoryLine, readHistory } from "../../../perf/history/line.ts";
import { addMark, readMarks } from "../../../perf/history/marks.ts";
import { append, linesOf } from "../../../perf/history/record.ts";
import { ENOUGH, trendsOf } from "../../../perf/history/trend.ts";
import { root } from "../../../scripts/paths.ts";
import { temporaryFolder } from "../../support/program.ts";
import { plantedHistory, revisionOf } from "../dashboard/planted.ts";

const folder = temporaryFolder("history");
afterAll(() => folder[Symbol.dispose]());
const fileOf = (name: string) => join(folder.path, name);

async function perf(...args: string[]) {
  const child = Bun.spawn([process.execPath, join(root, "perf/cli/main.ts"), ...args], {
    env: { ...process.env, PLASMID_PERF_KEPT: fileOf("kept") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

describe("trends", () => {
  test("a shift is found where it is, a level that stays has none", () => {
    const [peek, put] = trendsOf(plantedHistory(), []) as [
      ReturnType<typeof trendsOf>[0],
      ReturnType<typeof trendsOf>[0],
    ];
    expect(peek).toMatchObject({ probe: "peek", shifts: [{ at: 12, revision: revisionOf(12) }] });
    expect(peek.shifts[0]!.change).toBeWithin(0.17, 0.23);
    expect(peek.shifts[0]!.why).toBeUndefined();
    expect(put.shifts).toEqual([]);
  });

  test("other machines and other anchors are not put together with it", () => {
    const lines = plantedHistory().filter(({ probe }) => probe === "peek");
    lines.forEach((line, i) => {
      if (i >= 12) line.machine = "another";
    });
    expect(trendsOf(lines, []).map(({ lines, shifts }) => [lines.length, shifts.length])).toEqual([
      [12, 0],
      [12, 0],
    ]);
  });

  test("a new kernel is no new machine, and stays in the lines", () => {
    const lines = plantedHistory().filter(({ probe }) => probe === "peek");
    lines.forEach((line, i) => {
      line.machine = `2 x CPU, Linux 6.${i}.0-a`;
    });
    const [peek, ...others] = trendsOf(lines, []) as [ReturnType<typeof trendsOf>[0]];
    expect(others).toEqual([]);
    expect(peek).toMatchObject({ machine: "2 x CPU", anchor: lines[0]!.anchor, shifts: [{ at: 12 }] });
    expect(peek.lines.at(-1)!.machine).toBe("2 x CPU, Linux 6.23.0-a");
  });

  test("of too few lines nothing is said", () => {
    const few = plantedHistory().slice(24 - ENOUGH + 1, 24 + ENOUGH - 1);
    expect(trendsOf(few, []).map(({ lines, shifts }) => [lines.length, shifts.length])).toEqual([
      [ENOUGH - 1, 0],
      [ENOUGH - 1, 0],
    ]);
  });

  test("of enough lines a clean step is found wherever it has four lines on either side", () => {
    const of = (name: string) => plantedHistory().filter(({ probe }) => probe === name);
    const [peek, put] = [of("peek"), of("put")];
    for (let before = 4; before <= ENOUGH - 4; before++) {
      const lines = [...peek.slice(12 - before, 12), ...peek.slice(12, 12 + ENOUGH - before)];
      expect(trendsOf(lines, [])[0]!.shifts.map(({ at }) => at)).toEqual([before]);
    }
    expect(trendsOf(put.slice(0, ENOUGH), [])[0]!.shifts).toEqual([]);
  });

  test("a mark says why", () => {
    const marks = [{ probe: "peek", revision: revisionOf(12), why: "a check was added" }];
    expect(trendsOf(plantedHistory(), marks)[0]!.shifts[0]!.why).toBe("a check was added");
    expect(trendsOf(plantedHistory(), [{ ...marks[0]!, probe: "put" }])[0]!.shifts[0]!.why).toBeUndefined();
  });
});

describe("the files", () => {
  test("a history that is broken, or of another schema, is refused by its line", () => {
    const file = fileOf("broken.jsonl");
    writeFileSync(file, `${JSON.stringify(plantedHistory()[0])}\n{"schema":`);
    expect(() => readHistory(file)).toThrow(
      new HistoryError(`${file}:2 is no JSON: put it right, or take the line out`),
    );
    writeFileSync(file, '{"schema":99}\n');
    expect(() => readHistory(file)).toThrow(HistoryError);
    expect(readHistory(fileOf("none"))).toEqual([]);
    for (const field of Object.keys(JSON.parse(JSON.stringify(plantedHistory()[0]))).filter(name => name !== "load")) {
      writeFileSync(file, JSON.stringify({ ...plantedHistory()[0], [field]: null }));
      expect(() => readHistory(file)).toThrow(new RegExp(`^${file}:1 has .*${field}`));
    }
  });

  test("marks replace those of the same shift", () => {
    const file = fileOf("marks.json");
    addMark({ probe: "peek", revision: "abc", why: "one" }, file);
    addMark({ probe: "put", revision: "abc", why: "two" }, file);
    addMark({ probe: "peek", revision: "abc", why: "three" }, file);
    expect(readMarks(file).map(({ why }) => why)).toEqual(["two", "three"]);
  });

  test("docs/performance.md has every field of a line", () => {
    const text = readFileSync(join(root, "docs/performance.md"), "utf8");
    for (const field of Object.keys(plantedHistory()[0]!).filter(name => name !== "load"))
      expect(text).toContain(`\`${field}\``);
  });

  test("the history and the marks of this checkout can be read", () => {
    expect(() => trendsOf(readHistory(), readMarks())).not.toThrow();
  });
});

describe("bun perf record and trend", () => {
  test("record adds a line for each probe, with all that is documented", async () => {
    const file = fileOf("recorded.jsonl");
    append([], file);
    const tiny = ["--pairs", "1", "--most", "1", "--slices", "1", "--slice-ms", "1", "--warm-up-ms", "1"];
    const { code, err } = await perf("record", "--anchor", "HEAD", "--only", "peek-held", "--file", file, ...tiny);
    expect(err).toBe("");
    expect(code).toBe(0);
    const [line] = readHistory(file) as [HistoryLine];
    expect(line).toMatchObject({
      probe: "peek-held",
      pairs: 1,
      noise: 0,
      artifact: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(line.ratioLow).toBeLessThanOrEqual(line.ratio);
    const planted = { ...plantedHistory()[0]!, load: undefined };
    expect(Object.keys(line).sort()).toEqual(Object.keys(JSON.parse(JSON.stringify(planted))).sort());
  }, 240_000);

  test("record adds lines of the benches that no probe can be", async () => {
    const file = fileOf("benches.jsonl");
    expect(await perf("record", "--benches", "nothing")).toMatchObject({ code: 2 });
    const { code } = await perf("record", "--benches", "spill", "--pairs", "2", "--file", file);
    expect(code).toBe(0);
    expect(readHistory(file)).toMatchObject([{ anchor: "plain reads and writes", pairs: 2, noise: 0 }]);
    expect(readHistory(file)[0]!.probe).toStartWith("spill: ");
    expect((await perf("trend", "--file", file)).out).toContain("plain reads and writes");
  }, 240_000);

  test("trend tells shifts, and marks them", async () => {
    const [file, marks] = [fileOf("planted.jsonl"), fileOf("trend-marks.json")];
    const head = Bun.spawnSync(["git", "rev-parse", "HEAD"], { cwd: root }).stdout.toString().trim();
    append(
      plantedHistory().map(line => ({ ...line, revision: line.revision === revisionOf(12) ? head : line.revision })),
      file,
    );
    const where = ["--file", file, "--marks", marks];
    const few = fileOf("few.jsonl");
    append(plantedHistory().slice(0, 2 * (ENOUGH - 1)), few);
    expect((await perf("trend", "--file", few)).out.match(/not enough lines yet/g)).toHaveLength(2);
    const { out } = await perf("trend", ...where);
    expect(out).toContain(plantedHistory()[0]!.machine);
    expect(out).toContain(plantedHistory()[0]!.anchor.slice(0, 10));
    expect(out).toContain(`at ${head.slice(0, 10)} (p 0.001, not marked)`);
    const marked = await perf("trend", "--mark", "peek@HEAD", "--why", "a check was added", ...where);
    expect(marked.out).toContain(`at ${head.slice(0, 10)} (a check was added)`);
    expect(JSON.parse((await perf("trend", "put", "--json", ...where)).out)).toMatchObject([
      { probe: "put", shifts: [] },
    ]);
    expect(await perf("trend", "--mark", "peek", ...where)).toMatchObject({ code: 2 });
  });

  test("lines are made of judgements", () => {
    const found = {
      probe: "x",
      verdict: "same",
      change: 0.1,
      low: 0,
      high: 0.2,
      ns: 123.456789,
      nsLow: 1,
      nsHigh: 2,
      pairs: 3,
    } as never;
    const setting = { at: "", revision: "r", dirty: true, machine: "m", bun: "b", compiler: "c", load: [] };
    expect(linesOf(setting, "anchor", "artifact", [found], () => 0.04)).toMatchObject([
      { ns: 123.46, ratio: 1.1, ratioLow: 1, ratioHigh: 1.2, noise: 0.04, dirty: true, anchor: "anchor" },
    ]);
  });
});
