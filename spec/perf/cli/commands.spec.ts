import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { allBenches } from "../../../perf/cli/suite.ts";
import { PROBES } from "../../../perf/probes/list.ts";
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
  });

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
  });

  test("runs what is asked for: a line of JSON for the setting, and for each row", async () => {
    const { out, code } = await perf("peek-held", "--quick", "--json");
    expect(code).toBe(0);
    const [setting, ...rows] = out
      .trim()
      .split("\n")
      .map(line => JSON.parse(line));
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
    const { out, err, code } = await perf("compare", "HEAD", "--only", "peek,encode:a", "--json", ...TINY);
    expect(err).toBe("");
    expect(code).toBe(0);
    const found = JSON.parse(out);
    expect(found.failed).toEqual({});
    const names = Object.keys(PROBES).filter(name => name.includes("peek") || name.includes("encode:a"));
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
    expect(JSON.parse(out)).toMatchObject({ changes: [], stopped: [], judgements: [{ probe: "peek-held" }] });
    expect(code).toBe(0);
    // The dashboard shows the last comparison, whoever asked for it.
    expect(await Bun.file(join(kept.path, "compare.json")).json()).toMatchObject({
      base: expect.stringMatching(/^[0-9a-f]{40}$/),
      judgements: [{ probe: "peek-held" }],
    });
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
