import { expect, test } from "bun:test";
import { join } from "node:path";
import { root } from "../scripts/paths.ts";
import { runProgram, well } from "./support/program.ts";

const examples = [...new Bun.Glob("examples/*.ts").scanSync(root)].sort();

test("a stranger finds five examples", () => {
  expect(examples.length).toBeGreaterThanOrEqual(5);
});

for (const example of examples) {
  test(`${example} runs`, async () => {
    const { stdout, ...ended } = await runProgram(join(root, example), root);
    expect(ended).toEqual(well);
    expect(stdout.trim()).not.toBe("");
  }, 90_000);
}
