import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, Event, EventKind, HoldKind, ItemFlag, Mine, ObjectState, OpenFlag } from "../../src/native/code.ts";
import * as layout from "../../src/native/layout.ts";
import { symbols } from "../../src/native/symbols.ts";

const INCLUDE = join(import.meta.dir, "..", "..", "csrc", "include");
const COMPILER = Bun.which("cc") ?? Bun.which("gcc") ?? Bun.which("clang");

const STRUCTS: Record<string, Record<string, number>> = {
  plasmid_options: layout.Options,
  plasmid_exchange: layout.Exchange,
  plasmid_ref: layout.Ref,
  plasmid_buffer_row: layout.BufferRow,
  plasmid_reference_row: layout.ReferenceRow,
  plasmid_span: layout.Span,
  plasmid_item: layout.Item,
  plasmid_stats: layout.Stats,
  plasmid_object_row: layout.ObjectRow,
  plasmid_event_row: layout.EventRow,
  plasmid_hold_sum: layout.HoldSum,
  plasmid_holder_row: layout.HolderRow,
  plasmid_hold_row: layout.HoldRow,
  plasmid_stray_row: layout.StrayRow,
};

function snake(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}

/** What the C compiler says of these expressions. */
function compiled(expressions: string[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), "plasmid-layout-"));
  try {
    const lines = expressions.map(expression => `printf("%lld\\n", (long long)(${expression}));`);
    const source = `#include <stddef.h>\n#include <stdio.h>\n#include "plasmid.h"\nint main(void) {${lines.join("\n")}}\n`;
    writeFileSync(join(folder, "layout.c"), source);
    const program = join(folder, "layout");
    const { exitCode, stderr } = Bun.spawnSync([COMPILER!, `-I${INCLUDE}`, "-o", program, join(folder, "layout.c")]);
    if (exitCode !== 0) throw new Error(stderr.toString());
    return Bun.spawnSync([program]).stdout.toString().trim().split("\n").map(Number);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.skipIf(COMPILER === null)("every offset is the C compiler's", () => {
  const ours: Record<string, number> = {};
  for (const [struct, fields] of Object.entries(STRUCTS)) {
    for (const [field, at] of Object.entries(fields)) {
      ours[field === "size" ? `sizeof(${struct})` : `offsetof(${struct}, ${snake(field)})`] = at;
    }
  }
  ours.PLASMID_NAME_BYTES = layout.NAME_BYTES;
  ours.PLASMID_DATA_BYTES = layout.DATA_BYTES;
  const keys = Object.keys(ours);
  const theirs = compiled(keys);
  expect(Object.fromEntries(keys.map((key, i) => [key, theirs[i]!]))).toEqual(ours);
});

test.skipIf(COMPILER === null)("every code and flag is the header's", () => {
  const ours: Record<string, number> = {};
  for (const [name, code] of Object.entries(Code)) ours[`PLASMID_E_${name}`] = code;
  for (const [name, bit] of Object.entries(ItemFlag)) ours[`PLASMID_ITEM_${name}`] = bit;
  for (const [name, bit] of Object.entries(OpenFlag)) ours[`PLASMID_OPEN_${name}`] = bit;
  for (const [name, bit] of Object.entries(Event)) ours[`PLASMID_EVENT_${name}`] = bit;
  for (const [name, bit] of Object.entries(Mine)) ours[`PLASMID_MINE_${name}`] = bit;
  EventKind.forEach((name, kind) => {
    ours[`PLASMID_KIND_${name.toUpperCase()}`] = kind;
  });
  HoldKind.forEach((name, kind) => {
    ours[`PLASMID_HOLD_${name.toUpperCase()}`] = kind;
  });
  ObjectState.forEach((name, state) => {
    ours[`PLASMID_${name.toUpperCase()}`] = state;
  });
  const keys = Object.keys(ours);
  const theirs = compiled(keys);
  expect(Object.fromEntries(keys.map((key, i) => [key, theirs[i]!]))).toEqual(ours);
});

test("the library names every code as we do, and knows none besides", () => {
  const core = symbols();
  for (const [name, code] of Object.entries(Code)) expect(String(core.plasmid_error_name(code))).toContain(name);
  const least = Math.min(...Object.values(Code));
  const unknown = String(core.plasmid_error_name(least - 1));
  expect(String(core.plasmid_error_name(-1000))).toBe(unknown);
});

test("numbers up to 2^53 survive two words", () => {
  const words = new Uint32Array(2);
  for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 12345, Number.MAX_SAFE_INTEGER]) {
    layout.setU64(words, 0, value);
    expect(layout.u64(words, 0)).toBe(value);
  }
});
