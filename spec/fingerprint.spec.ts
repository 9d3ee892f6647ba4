import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/paths.ts";

const read = (file: string) => readFileSync(join(root, "csrc", file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");

/** Each struct of the text, and the names of its fields in their order, those of unions without a name among them. */
function structs(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, name, body] of text.matchAll(/typedef struct (\w+) \{([\s\S]*?)\n\} \1;/g)) {
    const flat = body!.replace(/__attribute__\(\(.*?\)\)\)/g, "").replace(/(?:union|struct) \{|\};/g, "");
    const declarations = flat.split(";");
    const fields = declarations.map(text => text.trim()).filter(text => text !== "");
    const names = fields.flatMap(text => text.replace(/^\w+\s+/, "").split(","));
    found.set(
      name!,
      names.map(text => text.trim().match(/^\w+/)![0]),
    );
  }
  return found;
}

test("every field of every struct in a segment is in the fingerprint", () => {
  const listed = new Map(
    [...read("fingerprint.c").matchAll(/#define T (\w+)\n[^;]*?\{\s*ALL,\s*([^;]*)\};/g)].map(
      ([, name, facts]) => [name!, [...facts!.matchAll(/(?:F|BIT)\((\w+)\)/g)].map(match => match[1]!)] as const,
    ),
  );
  const all = [...structs(read("layout.h")), ...structs(read("heap/heap.h")).entries()];
  // What the heap is told for a rebuild stands on the stack.
  const shared = all.filter(([name]) => name !== "pm_used");
  expect(shared.length).toBeGreaterThan(9);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(shared));
  expect(read("fingerprint.c").match(/FOLD\(of_/g)).toHaveLength(shared.length);
});
