import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/paths.ts";

const text = readFileSync(join(root, "docs", "reliability.md"), "utf8");

/** Where a test that is named without its folder stands. */
function fileOf(name: string): string {
  if (name.includes("/")) return name;
  return join("spec", name.endsWith(".c") ? "csrc" : "store", name);
}

const rows = text
  .split("\n")
  .filter(line => line.startsWith("| ") && !line.startsWith("| ---") && line.split("|").length === 5)
  .map(line => line.split("|").map(cell => cell.trim()));
const faults = rows.filter(([, fault]) => fault !== "fault");

test("every fault of docs/reliability.md names a test that is there", () => {
  expect(faults.length).toBeGreaterThan(25);
  for (const [, fault, , shownBy] of faults) {
    const tests = [...shownBy!.matchAll(/`([^`]+)`/g)].map(match => match[1]!);
    expect({ fault, tests: tests.length }).not.toEqual({ fault, tests: 0 });
    for (const name of tests) {
      expect({ fault, name, there: existsSync(join(root, fileOf(name))) }).toEqual({ fault, name, there: true });
    }
  }
});

test("every test of the core is named there, or tests no fault", () => {
  const faultless = [
    "a_drafts_view_keeps_its_bytes.c",
    "a_large_copy_is_a_copy.c",
    "a_stash_gives_way.c",
    "bells_ring_only_for_who_has_the_key.c",
    "heap_agrees_with_a_naive_model.c",
    "heap_edges_hold.c",
    "names_and_numbers_hold_at_their_bounds.c",
    "threads_share_one_store.c",
  ];
  const files = [...new Bun.Glob("*.c").scanSync(join(root, "spec", "csrc"))];
  expect(files.filter(file => !text.includes(file) && !faultless.includes(file))).toEqual([]);
});
