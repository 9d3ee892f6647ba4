import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { gate } from "../../../perf/cli/run-gate.ts";
import type { Judgement } from "../../../perf/compare/verdict.ts";
import { changeOf } from "../../../perf/count/change.ts";
import { COUNTED } from "../../../perf/count/counted.ts";
import type { Count } from "../../../perf/count/counting.ts";
import { parseProfile } from "../../../perf/count/profile.ts";
import { PROBES } from "../../../perf/probes/list.ts";
import { root } from "../../../scripts/paths.ts";
import { temporaryFolder } from "../../support/program.ts";

const folder = temporaryFolder("count");
afterAll(() => folder[Symbol.dispose]());

const PROFILE = `# callgrind format
version: 1
positions: line
events: Ir

ob=(1) /usr/bin/bun
fl=(1) ???
fn=(1) main
0 500
cob=(2) /x/libplasmid.so
cfn=(2) plasmid_peek
calls=10 0
0 900

ob=(2)
fl=(2) read.c
fn=(2)
12 100
+3 20
fi=(3) look.h
-1 5
fe=(2)
cfn=(3) pm_look
calls=10 5
* 80

fn=(3)
7 60
8 20

ob=(1)
fn=(4) plasmid_peek
0 7777
totals: 1500
`;

describe("a profile of Callgrind's", () => {
  test("gives the object's functions what is their own, without what they call", () => {
    const { total, functions } = parseProfile(PROFILE, "libplasmid.so");
    expect(total).toBe(1500);
    expect(Object.fromEntries(functions)).toEqual({ plasmid_peek: 125, pm_look: 80 });
  });
});

describe("changes of counts", () => {
  const countOf = (total: number, core: number): Count => ({ probe: "peek", total, core, functions: {} });

  test("1% of the whole, 0.5% of the core", () => {
    expect(changeOf(countOf(1000, 200), countOf(1009, 200)).verdict).toBe("same");
    expect(changeOf(countOf(1000, 200), countOf(1011, 200)).verdict).toBe("more");
    expect(changeOf(countOf(1000, 200), countOf(1000, 202)).verdict).toBe("more");
    expect(changeOf(countOf(1000, 200), countOf(1000, 198)).verdict).toBe("fewer");
    expect(changeOf(countOf(1000, 200), countOf(900, 210)).verdict).toBe("fewer");
    expect(changeOf(countOf(1000, 0), countOf(1000, 3)).verdict).toBe("same");
  });

  test("the gate is shut by what has regressed, and by more instructions that have not made it faster", () => {
    const more = changeOf(countOf(1000, 200), countOf(1100, 200));
    const judged = (probe: string, verdict: string) => ({ probe, verdict }) as Judgement;
    expect(gate([], [judged("peek", "same"), judged("put", "unsure")])).toEqual([]);
    expect(gate([], [judged("peek", "regressed")])).toEqual(["peek"]);
    expect(gate([more], [judged("peek", "same"), judged("put", "regressed")])).toEqual(["peek", "put"]);
    expect(gate([more], [judged("peek", "improved")])).toEqual([]);
  });

  test("what is counted are probes", () => {
    for (const probe of Object.keys(COUNTED)) expect(PROBES).toHaveProperty([probe]);
  });
});

test.skipIf(Bun.which("valgrind") === null)(
  "bun perf count counts instructions, the core's by function",
  async () => {
    const child = Bun.spawn([process.execPath, join(root, "perf/cli/main.ts"), "count", "--only", "seal", "--json"], {
      env: { ...process.env, PLASMID_PERF_KEPT: folder.path },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    const [count] = JSON.parse(out) as [Count];
    expect(count.probe).toBe("seal");
    expect(count.core).toBeWithin(200, 20_000);
    expect(count.total).toBeGreaterThan(count.core);
    expect(count.functions.plasmid_seal).toBeGreaterThan(10);
  },
  280_000,
);
