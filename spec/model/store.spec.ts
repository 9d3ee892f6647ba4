import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { run } from "../../scripts/command.ts";
import { temporaryFolder } from "../support/program.ts";

const model = join(import.meta.dir, "store.pml");
const spin = Bun.which("spin");
if (spin === null) console.error("spin is missing, so the model is not checked: apt-get install spin");

const text = await Bun.file(model).text();
const mutants = [...text.matchAll(/^#define (\w+) +(\d+) +\/\* (.+) \*\/$/gm)]
  .map(([, name, number, planted]) => ({ name: name!, number: number!, planted: planted! }))
  .filter(({ name }) => new RegExp(`MUTANT [!=]= ${name}\\b`).test(text));

interface Proof {
  errors: number;
  states: number;
  /** What was violated. */
  said: string;
}

/** Looks at every state that the model can reach, until one is wrong. Memory is bounded; without enough of it there is no answer. */
async function check(mutant: string, optimise: string): Promise<Proof> {
  using folder = temporaryFolder("model");
  const inFolder = (command: string) => run(["sh", "-c", `cd '${folder.path}' && ${command}`], { timeoutMs: 240_000 });
  const built = await inFolder(
    `'${spin}' -DMUTANT=${mutant} -a '${model}' && cc ${optimise} -w -DSAFETY -DCOLLAPSE -DMEMLIM=3000 -o pan pan.c`,
  );
  expect(built).toMatchObject({ code: 0 });
  const { output } = await inFolder("./pan -m100000");
  expect(output).not.toContain("too small");
  return {
    errors: Number(/errors: (\d+)/.exec(output)?.[1] ?? Number.NaN),
    states: Number(/(\d+) states, stored/.exec(output)?.[1] ?? Number.NaN),
    said: /^pan:1: (.*)$/m.exec(output)?.[1] ?? output,
  };
}

describe.skipIf(spin === null)("two processes, one of which may be killed at any step", () => {
  test("drop nothing that is kept, read nothing else, and never wait for ever", async () => {
    const { errors, states, said } = await check("0", "-O2");
    expect(said).toContain("elapsed time");
    expect(errors).toBe(0);
    expect(states).toBeGreaterThan(1e6);
    console.log(`${states} states`);
  }, 300_000);

  test("the model has mutants", () => expect(mutants.length).toBe(10));

  for (const { name, number, planted } of mutants) {
    test(`the model would know if ${planted} (${name})`, async () => {
      const { errors, said } = await check(number, "-O0");
      expect(errors).toBe(1);
      expect(said).toMatch(/^(assertion violated|invalid end state)/);
    }, 300_000);
  }
});
