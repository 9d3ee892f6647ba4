import { afterAll, describe, expect, test } from "bun:test";
import { gate } from "../../../perf/cli/run-gate.ts";
import { thisTree } from "../../../perf/compare/revision.ts";
import type { Judgement } from "../../../perf/compare/verdict.ts";
import { changeOf, counting } from "../../../perf/count/change.ts";
import { COUNTED } from "../../../perf/count/counted.ts";
import { type Count, countOf, profiles } from "../../../perf/count/counting.ts";
import { parseProfile } from "../../../perf/count/profile.ts";
import { PROBES } from "../../../perf/probes/list.ts";
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

  test("what is beyond a bound is counted again, and told if the medians agree", async () => {
    const inTurn = (...totals: number[]) => {
      let at = 0;
      const both = async (): Promise<[Count, Count]> => [countOf(1000, 200), countOf(totals[at++]!, 200)];
      return { both, asked: () => at };
    };
    const quiet = inTurn(1005);
    expect((await counting(quiet.both)).verdict).toBe("same");
    expect(quiet.asked()).toBe(1);
    const once = inTurn(1050, 1001, 1002);
    expect(await counting(once.both)).toMatchObject({ verdict: "same", count: { total: 1002 } });
    expect(once.asked()).toBe(3);
    expect(await counting(inTurn(1050, 1001, 1040).both)).toMatchObject({ verdict: "more", count: { total: 1040 } });
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

test("a count is the difference of N and 2N, by the one", () => {
  const once = {
    total: 5_000,
    functions: new Map([
      ["plasmid_seal", 1_000],
      ["pm_open", 300],
    ]),
  };
  const twice = {
    total: 9_000,
    functions: new Map([
      ["plasmid_seal", 2_000],
      ["pm_open", 300],
      ["pm_new", 50],
    ]),
  };
  expect(countOf("seal", 10, once, twice)).toEqual({
    probe: "seal",
    total: 400,
    core: 105,
    functions: { plasmid_seal: 100, pm_new: 5 },
  });
});

test.skipIf(Bun.which("valgrind") === null)(
  "Callgrind counts a probe of Bun's, the core by function",
  async () => {
    const [once, twice] = await profiles("seal", 10, thisTree(), folder.path);
    expect(once.total).toBeGreaterThan(10_000);
    expect(twice.total).toBeGreaterThan(once.total);
    const { plasmid_seal: each } = countOf("seal", 10, once, twice).functions;
    // What it costs at least to look up a draft and to mark it sealed.
    expect(each!).toBeWithin(10, 10_000);
    expect([...once.functions.values()].reduce((sum, own) => sum + own, 0)).toBeLessThan(once.total);
  },
  290_000,
);
