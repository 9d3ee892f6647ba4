import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { allBenches } from "../../../perf/cli/suite.ts";
import { BEGIN, benchesNamed, END, figuresOf, withFigures } from "../../../perf/history/figures.ts";
import { joined, type RecordedRow, type Recording, settingOf } from "../../../perf/history/recording.ts";
import { exactly } from "../../../perf/stats/sample.ts";
import { root } from "../../../scripts/paths.ts";

const row = (bench: string, what: string, more: Partial<RecordedRow> = {}): RecordedRow => ({
  bench,
  what,
  unit: "µs",
  measured: exactly(2),
  ...more,
});
const recording: Recording = {
  at: "2026-11-22T10:30:00.000Z",
  revision: "1234567890abcdef",
  dirty: false,
  machine: "a machine",
  bun: "1.4.5",
  compiler: "cc 12",
  load: [0.5, 0, 0],
  quick: false,
  failed: [],
  rows: [
    row("wake", "seal to get", { goal: "under 60 µs", reached: false, limit: { what: "IPC", measured: exactly(1) } }),
    row("wake", "nothing to hold it against"),
    row("peers", "64 MiB", { limit: { what: "Redis: not installed", measured: exactly(Number.NaN) } }),
    row("codec:a", "a: an object, encode", { limit: { what: "JSON", measured: exactly(1) }, ratio: exactly(0.5) }),
  ],
};

describe("the README's figures", () => {
  test("have what has a goal, with the setting", () => {
    const text = figuresOf(recording, { msgpackr: "2.1.3" });
    expect(text).toContain("2026-11-22, 1234567890: a machine; Bun 1.4.5, cc 12;");
    expect(text).toContain("msgpackr 2.1.3");
    expect(text).toContain("| `wake` | seal to get | 2.00 µs | IPC: 1.00 µs | under 60 µs | not reached |");
    expect(text).toContain("| `codec:a` | an object | - / - / 0.500 | - / - / - |");
    expect(text).not.toContain("nothing to hold it against");
    expect(text).not.toContain("not installed");
  });

  test("say which rows are of an earlier run", () => {
    const again = {
      ...recording,
      at: "2026-11-24T10:30:00.000Z",
      revision: "fedcba9876543210",
      machine: "another machine",
      rows: [row("wake", "seal to get", { goal: "x" })],
    };
    const both = joined(recording, again);
    expect(both.rows.map(({ bench }) => bench)).toEqual(["peers", "codec:a", "wake"]);
    const text = figuresOf(both, {});
    expect(text).toContain("fedcba9876");
    expect(text).toContain("2026-11-24, fedcba9876: another machine; Bun 1.4.5, cc 12;");
    expect(text).toContain(
      "Rows with a \\* are of an earlier run; 2026-11-22, 1234567890: a machine; Bun 1.4.5, cc 12.\n",
    );
    expect(text).toContain("| `codec:a` \\* 2026-11-22 |");
    expect(text).toContain("| `wake` |");
    expect(benchesNamed(withFigures(`${BEGIN}\n${END}`, text))).toEqual(["wake", "codec:a"]);
    const third = joined(both, { ...again, at: "2026-11-25T10:30:00.000Z", rows: [row("peers", "1 MiB")] });
    expect(third.settings).toMatchObject({
      "codec:a": { at: recording.at, machine: "a machine" },
      wake: { at: again.at, machine: "another machine" },
    });
    expect(third.settings).not.toHaveProperty("peers");
    expect(Object.keys(third.settings!.wake!)).not.toContain("rows");
    expect(settingOf(third, "peers")).toMatchObject({ at: "2026-11-25T10:30:00.000Z" });
    expect(figuresOf(joined(both, { ...recording, rows: both.rows }), {})).not.toContain("earlier");
    expect(figuresOf(joined(undefined, again), {})).not.toContain("earlier");
  });

  test("of a run that was broken off are joined with those of the run before, and it is partial", () => {
    const late = { ...recording, revision: "fedcba9876543210" };
    const broken: Recording = {
      ...late,
      rows: [row("wake", "seal to get", { goal: "later" }), row("peers", "half of it"), row("new", "half of it")],
      partial: ["peers", "new", "codec:a"],
    };
    const both = joined(recording, broken);
    expect(both.rows.map(({ bench, what }) => `${bench} ${what}`)).toEqual([
      "peers 64 MiB",
      "codec:a a: an object, encode",
      "wake seal to get",
      "new half of it",
    ]);
    expect(both).toMatchObject({ earlier: ["peers", "codec:a"], partial: ["peers", "new", "codec:a"] });
    const mended = joined(both, { ...late, rows: [row("peers", "64 MiB"), row("new", "all of it")] });
    expect(mended.partial).toEqual(["codec:a"]);
    expect(joined(mended, { ...late, rows: [row("codec:a", "a: an object, encode")] }).partial).toBeUndefined();
  });

  test("take the place of those that were there, and of nothing else", () => {
    const readme = `# x\n\n${BEGIN}\nold\n${END}\n\nmore\n`;
    expect(withFigures(readme, "new")).toBe(`# x\n\n${BEGIN}\n\nnew\n\n${END}\n\nmore\n`);
    expect(withFigures(withFigures(readme, "new"), "new")).toBe(withFigures(readme, "new"));
    expect(() => withFigures("# x", "new")).toThrow("no");
  });

  test("what has no unit says which way is better", () => {
    const folder = join(root, "perf/benches");
    const unitless = [...new Bun.Glob("*.ts").scanSync(folder)].flatMap(file =>
      readFileSync(join(folder, file), "utf8")
        .split("report({")
        .filter(part => /^\s+unit: "",$/m.test(part)),
    );
    expect(unitless.length).toBeGreaterThan(0);
    for (const part of unitless) expect(part).toMatch(/^\s+better: "(more|less)",$/m);
  });

  test("name benches that there are", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const named = benchesNamed(readme);
    expect(named.length).toBeGreaterThan(5);
    const all = allBenches();
    expect(named.filter(bench => !all.includes(bench))).toEqual([]);
    const gone = withFigures(readme, figuresOf({ ...recording, rows: [row("gone", "x", { goal: "y" })] }, {}));
    expect(benchesNamed(gone)).toEqual(["gone"]);
  });
});
