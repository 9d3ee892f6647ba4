import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allBenches } from "../../../perf/cli/suite.ts";
import { PROBES } from "../../../perf/probes/list.ts";
import { exactly } from "../../../perf/stats/sample.ts";
import { root } from "../../../scripts/paths.ts";
import { temporaryFolder } from "../../support/program.ts";

const kept = temporaryFolder("perf");
afterAll(() => kept[Symbol.dispose]());

const TINY = ["--pairs", "2", "--most", "2", "--slices", "2", "--slice-ms", "1", "--warm-up-ms", "1"];

function start(...args: string[]) {
  return Bun.spawn([process.execPath, join(root, "perf/cli/main.ts"), ...args], {
    env: { ...process.env, PLASMID_PERF_KEPT: kept.path },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function perf(...args: string[]) {
  const child = start(...args);
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

/** Whether a process has begun another one with something on its command line. */
function hasChild(pid: number, what: string): boolean {
  return readdirSync("/proc").some(name => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))![1];
      return Number(parent) === pid && readFileSync(`/proc/${name}/cmdline`, "utf8").includes(what);
    } catch {
      // It has ended.
      return false;
    }
  });
}

describe("bun perf", () => {
  test("says what it can do, each command more of itself", async () => {
    const { out, code } = await perf("--help");
    expect(code).toBe(0);
    const commands = [...out.matchAll(/^ {2}bun perf ([\w-]+) /gm)].map(match => match[1]!);
    expect(commands.length).toBeGreaterThan(1);
    for (const command of commands) {
      const said = await perf(command, "--help");
      expect(said.code).toBe(0);
      expect(said.out).toStartWith(`bun perf ${command}`);
      expect(said.out).toContain("--json");
    }
  }, 30_000);

  test("refuses what it does not know, and says what there is", async () => {
    expect(await perf("no-such-bench")).toMatchObject({ code: 2, err: expect.stringContaining("put-warm") });
    expect(await perf("compare", "no-such-revision")).toMatchObject({
      code: 2,
      err: expect.stringContaining("no revision"),
    });
    expect(await perf("compare", "--only", "nothing")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--list"),
    });
    expect(await perf("compare", "--pairs", "none")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--pairs"),
    });
    expect(await perf("--wrong")).toMatchObject({ code: 2, err: expect.stringContaining("--wrong") });
    expect(await perf("gate", "--only", "nothing")).toMatchObject({
      code: 2,
      err: expect.stringContaining("no probe is called nothing"),
    });
    expect(await perf("gate", "--only", "peek,nothing")).toMatchObject({ code: 2 });
    expect(await perf("compare", "--only", "peek,")).toMatchObject({ code: 2, err: expect.stringContaining("empty") });
  }, 30_000);

  test("what is mistyped costs one sentence, also where an object has it by birth", async () => {
    writeFileSync(join(kept.path, "broken.jsonl"), "{\n");
    const file = join(kept.path, "marks.json");
    for (const args of [
      ["constructor"],
      ["toString"],
      ["bisect", "toString", "--good", "HEAD"],
      ["dashboard", "--history", join(kept.path, "broken.jsonl")],
      ["dashboard", "--serve", "--history", join(kept.path, "broken.jsonl")],
      ["dashboard", "--serve", "--port", "99999"],
      ["trend", "--mark", "nosuch@HEAD", "--why", "x", "--marks", file],
      ["trend", "nothing"],
    ]) {
      const { out, err, code } = await perf(...args);
      expect([args, code, out, err.trim().split("\n").length]).toEqual([args, 2, "", 1]);
    }
    expect(existsSync(file)).toBe(false);
  }, 30_000);

  test("a name too many is refused, and what says it is named", async () => {
    for (const [args, option] of [
      [["record", "peek"], "--only"],
      [["compare", "HEAD", "peek"], "--only"],
      [["gate", "HEAD", "peek"], "--only"],
      [["count", "HEAD", "peek"], "--only"],
      [["bisect", "peek", "HEAD"], "--good"],
      [["self-test", "5"], "--runs"],
      [["dashboard", "x.html"], "--out"],
    ] as const) {
      expect(await perf(...args)).toMatchObject({ code: 2, err: expect.stringContaining(option) });
    }
  }, 30_000);

  test("a whole name asks for what is called so alone", async () => {
    expect((await perf("peek", "--list")).out.trim()).toBe("peek");
    expect((await perf("pee", "--list")).out.trim().split("\n")).toContain("peek-held");
    expect((await perf("compare", "--only", "peek,get-r", "--list")).out.trim().split("\n")).toEqual([
      "peek",
      "get-refs",
    ]);
  }, 30_000);

  test("runs what is asked for: a line of JSON for the setting, and for each row", async () => {
    const { out, code } = await perf("peek-held", "--quick", "--json");
    expect(code).toBe(0);
    const [setting, ...rows] = out
      .trim()
      .split("\n")
      .map(line => JSON.parse(line));
    expect(setting.ratio).toContain("above 1 is better");
    expect(setting).toMatchObject({ bun: Bun.version, quick: true, revision: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ bench: "peek-held", unit: "/s", measured: { median: expect.any(Number) } });
  }, 30_000);

  test("Ctrl-C keeps and shows what is done, and leaves nothing", async () => {
    const child = start("peek-held", "wake", "--quick");
    let err = "";
    const utf8 = new TextDecoder();
    for await (const chunk of child.stderr) {
      err += utf8.decode(chunk);
      // The first bench is over: the other one has begun.
      if (/^peek-held .* s$/m.test(err) && !err.includes("stopping")) child.kill("SIGINT");
    }
    const out = await child.stdout.text();
    expect(await child.exited).toBe(130);
    expect(out).toContain("peek of a held 1 MiB array");
    expect(out).not.toContain("seal to get");
    expect(existsSync(`/dev/shm/plasmid-perf-${child.pid}`)).toBe(false);
  }, 30_000);

  test("a bench that spills leaves nothing on the disk after Ctrl-C", async () => {
    const child = start("spill", "--quick", "--json");
    const folder = join(tmpdir(), `plasmid-perf-${child.pid}`);
    while (child.exitCode === null && !existsSync(folder)) await Bun.sleep(20);
    child.kill("SIGINT");
    const lines = (await child.stdout.text()).trim().split("\n");
    expect(await child.exited).toBe(130);
    expect(JSON.parse(lines.at(-1)!)).toEqual({ bench: "spill", failed: "it was broken off" });
    expect(existsSync(folder)).toBe(false);
  }, 30_000);

  test("a run that is broken off keeps what the one before has said, and the README is not written from it", async () => {
    const file = join(kept.path, "run.json");
    const row = { bench: "wake", what: "seal to get", unit: "µs", measured: exactly(2) };
    const before = { at: "2026-11-22T10:30:00.000Z", revision: "1".repeat(40), quick: false, rows: [row], failed: [] };
    writeFileSync(file, JSON.stringify(before));
    const child = start("--full", "--json");
    while (child.exitCode === null && !hasChild(child.pid, "sizes.ts")) await Bun.sleep(20);
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    const after = JSON.parse(readFileSync(file, "utf8"));
    expect(after.rows.filter(({ bench }: { bench: string }) => bench === "wake")).toEqual([row]);
    expect(after.earlier).toEqual(["wake"]);
    expect(after.partial).toContain("wake");
    expect(after.versions.msgpackr).toMatch(/^\d/);
    expect(await perf("--readme")).toMatchObject({ code: 2, err: expect.stringContaining("partial") });
    rmSync(file);
  }, 60_000);

  test("a quick look does not take the place of a run with all repetitions", async () => {
    const { code } = await perf("peek-held", "--quick", "--keep");
    expect(code).toBe(0);
    expect(existsSync(join(kept.path, "run.json"))).toBe(false);
    expect(JSON.parse(readFileSync(join(kept.path, "quick.json"), "utf8")).rows).toHaveLength(1);
    expect(JSON.parse((await perf("dashboard", "--json")).out).recording.rows[0].bench).toBe("peek-held");
  }, 30_000);

  test("--readme has nothing to write before anything was measured", async () => {
    expect(await perf("--readme")).toMatchObject({ code: 2, err: expect.stringContaining("nothing was measured yet") });
  });

  test("every file of benches/ is a bench, every one has a name of its own", () => {
    const all = allBenches();
    expect(new Set(all).size).toBe(all.length);
    for (const file of readdirSync(join(root, "perf/benches")).filter(name => name.endsWith(".ts"))) {
      expect(all.some(name => name.split(":")[0] === file.slice(0, -3))).toBe(true);
    }
  });
});

describe("bun perf compare", () => {
  test("holds this checkout against a revision's own build", async () => {
    const { out, err, code } = await perf("compare", "HEAD", "--only", "pee,encode:a", "--json", ...TINY);
    expect(err).toBe("");
    expect(code).toBe(0);
    const found = JSON.parse(out);
    expect(found.failed).toEqual({});
    const names = Object.keys(PROBES).filter(name => name.includes("peek") || name === "encode:a");
    expect(found.judgements.map((one: { probe: string }) => one.probe)).toEqual(names);
    for (const one of found.judgements) {
      expect(one).toMatchObject({ verdict: "unsure", pairs: 2, detectable: null });
      expect(one.baseNs).toBeGreaterThan(0);
    }
  }, 240_000);

  test("says so where a revision has no core", async () => {
    const git = (...args: string[]) =>
      Bun.spawnSync(["git", ...args], { cwd: root })
        .stdout.toString()
        .trim();
    // A commit of an empty tree, which no branch has.
    const env = { GIT_AUTHOR_NAME: "x", GIT_AUTHOR_EMAIL: "x@x", GIT_COMMITTER_NAME: "x", GIT_COMMITTER_EMAIL: "x@x" };
    const tree = git("hash-object", "-t", "tree", "-w", "/dev/null");
    const made = Bun.spawnSync(["git", "commit-tree", tree, "-m", "empty"], {
      cwd: root,
      env: { ...process.env, ...env },
    });
    const empty = made.stdout.toString().trim();
    const { code, err } = await perf("compare", empty, "--only", "peek-held", ...TINY);
    expect({ code, err }).toEqual({ code: 2, err: `that revision has no core to build: ${empty.slice(0, 10)}\n` });
    expect(existsSync(join(root, "build/perf/trees", empty))).toBe(false);
  }, 30_000);

  test("the dashboard says as JSON where it is served", async () => {
    const child = start("dashboard", "--serve", "--json");
    const { value } = await child.stdout.getReader().read();
    const { url } = JSON.parse(new TextDecoder().decode(value));
    expect(await (await fetch(url)).text()).toContain("<html");
    child.kill("SIGINT");
    expect(await child.exited).toBe(0);
  }, 30_000);

  test("lists its probes", async () => {
    const { out } = await perf("compare", "--list");
    expect(out.trim().split("\n")).toEqual(Object.keys(PROBES));
  });
});

describe("bun perf bisect and gate", () => {
  test("bisect refuses what it can't look for", async () => {
    expect(await perf("bisect", "nothing")).toMatchObject({ code: 2, err: expect.stringContaining("--list") });
    expect(await perf("bisect", "peek")).toMatchObject({ code: 2, err: expect.stringContaining("--good") });
    const same = await perf("bisect", "peek", "--good", "HEAD");
    expect(same).toMatchObject({ code: 2, err: expect.stringContaining("no commit between") });
  });

  test("gate opens where two pairs can show nothing", async () => {
    const { out, code } = await perf("gate", "HEAD", "--no-count", "--only", "peek-held", "--json", ...TINY);
    expect(JSON.parse(out)).toMatchObject({
      changes: [],
      stopped: [],
      judgements: [{ probe: "peek-held" }],
      open: true,
    });
    expect(code).toBe(0);
    // The dashboard shows the last comparison, whoever asked for it.
    expect(await Bun.file(join(kept.path, "compare.json")).json()).toMatchObject({
      base: expect.stringMatching(/^[0-9a-f]{40}$/),
      judgements: [{ probe: "peek-held" }],
    });
  }, 240_000);

  test.skipIf(Bun.which("valgrind") === null)(
    "Ctrl-C while gate counts ends it, and leaves it shut",
    async () => {
      const child = start("gate", "HEAD", "--only", "peek", ...TINY);
      while (child.exitCode === null && !hasChild(child.pid, "--tool=callgrind")) await Bun.sleep(20);
      child.kill("SIGINT");
      const out = await child.stdout.text();
      expect(await child.exited).toBe(130);
      expect(out).toContain("broken off");
      expect(out).not.toContain("open");
      expect(existsSync(`/dev/shm/plasmid-perf-${child.pid}`)).toBe(false);
    },
    240_000,
  );

  test("Ctrl-C in bisect says so, and claims nothing", async () => {
    const child = start("bisect", "peek", "--good", "HEAD~1", "--json", "--pairs", "1000");
    while (child.exitCode === null && !hasChild(child.pid, "worker.ts")) await Bun.sleep(20);
    child.kill("SIGINT");
    expect(JSON.parse(await child.stdout.text())).toEqual({ probe: "peek", steps: [], brokenOff: true });
    expect(await child.exited).toBe(130);
  }, 480_000);

  test("a comparison that is broken off before its first pair leaves the one before", async () => {
    const file = join(kept.path, "compare.json");
    const before = readFileSync(file, "utf8");
    const child = start("compare", "HEAD", "--only", "peek", "--json", "--warm-up-ms", "60000");
    while (child.exitCode === null && !hasChild(child.pid, "worker.ts")) await Bun.sleep(20);
    child.kill("SIGINT");
    expect(JSON.parse(await child.stdout.text())).toMatchObject({ judgements: [], brokenOff: true });
    expect(await child.exited).toBe(130);
    expect(readFileSync(file, "utf8")).toBe(before);
  }, 240_000);
});

describe("bun perf self-test", () => {
  test("compares, plants both slowdowns, says what it has not shown, and goes on where it was left", async () => {
    const partsOf = async (...more: string[]) => {
      const { out, code } = await perf("self-test", "--runs", "1", "--json", ...more, ...TINY);
      const { parts, ...result } = JSON.parse(out);
      return { code, result, parts: parts.map((part: { what: string }) => part.what) };
    };
    const first = await partsOf("--take", "2");
    expect(first.parts).toEqual(["same code", "planted in C"]);
    expect(first.result).toEqual({ runs: 1, alarms: 0, foundInC: false, left: 1, good: false });
    // One was not found: what is left can't make it good.
    expect(first.code).toBe(1);
    // Nor are two short pairs what comparisons are troubled by.
    expect(existsSync(join(kept.path, "noise.json"))).toBe(false);
    const rest = await partsOf();
    expect(rest.parts).toEqual(["planted in TypeScript"]);
    // Two pairs can show nothing, so nothing was found: the command must not say it went well.
    expect(rest.result).toEqual({
      runs: 1,
      alarms: 0,
      foundInC: false,
      foundInTypeScript: false,
      left: 0,
      good: false,
    });
    expect(rest.code).toBe(1);
    expect((await partsOf("--take", "1")).parts).toEqual(["same code"]);
  }, 240_000);
});
