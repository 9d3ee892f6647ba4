import { expect, test } from "bun:test";
import { root } from "../scripts/paths.ts";
import { runText, well } from "./support/program.ts";
import { snippetsOf, tour } from "./support/snippets.ts";

const documents = ["README.md", ...[...new Bun.Glob("docs/*.md").scanSync(root)].sort()];

test("the README has a tour", () => {
  expect(tour()).toBeDefined();
});

for (const { place, info, text } of documents.flatMap(snippetsOf)) {
  test(`${place} runs`, async () => {
    // Other words behind the fence would be a way to show what nobody has run.
    expect(info).toBe("ts");
    const { stdout: _, ...ended } = await runText(text);
    expect(ended).toEqual(well);
  }, 90_000);
}
