import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../scripts/paths.ts";
import { type Floors, readFloors, violations } from "./floors/rules.ts";
import { cSources, typeScriptSources } from "./floors/source.ts";

const planted: string[] = [];
afterAll(() => {
  for (const folder of planted) rmSync(folder, { recursive: true, force: true });
});

function plant(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "plasmid-floors-"));
  planted.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

describe("this house", () => {
  for (const [tree, sources] of [
    ["src", typeScriptSources],
    ["csrc", cSources],
    ["perf", typeScriptSources],
  ] as const) {
    test(`${tree}/ stands on the floors of ${tree}/README.md`, () => {
      const floors = readFloors(readFileSync(join(root, tree, "README.md"), "utf8"));
      const found = sources(join(root, tree));
      expect(floors.length).toBeGreaterThan(0);
      expect(found.length).toBeGreaterThan(0);
      expect(violations(found, floors)).toEqual([]);
    });
  }
});

describe("planted TypeScript", () => {
  const floors: Floors = [["errors"], ["codec", "native"], ["store"], ["index"]];
  const check = (files: Record<string, string>) => violations(typeScriptSources(plant(files)), floors);

  test("imports that run downward stand", () => {
    const files = {
      "errors.ts": "export const e = 1;",
      "codec/a.ts": 'import { e } from "../errors.ts"; import { b } from "./b"; // from "../store/s.ts"',
      "codec/b.ts": "export const b = \"import x from '../store/s.ts'\";",
      "store/s.ts": '/** import { x } from "plasmid"; */ import { a } from "../codec/a.ts"; import "node:fs";',
      "index.ts": 'export * from "./store/s";',
    };
    expect(check(files)).toEqual([]);
  });

  for (const [kind, text] of [
    ["an import", 'import { s } from "../store/s.ts";'],
    ["an import over several lines", 'import {\n  s,\n} from\n  "../store/s.ts";'],
    ["an import without a name", 'import "../store/s.ts";'],
    ["an import of a type", 'import type { S } from "../store/s.ts";'],
    ["a type's own import", 'export type S = import("../store/s.ts").S;'],
    ["an import while running", 'const s = await import("../store/s");'],
    ["an export", 'export * from "../store/s";'],
    ["a worker's file", 'new Worker(new URL("../store/s.ts", import.meta.url));'],
  ] as const) {
    test(`${kind} that runs upward falls`, () => {
      const found = check({ "codec/a.ts": text, "store/s.ts": "export const s = 1;" });
      expect(found).toEqual(["codec/a.ts uses store/s.ts, which stands above it"]);
    });
  }

  test("an import of the package by its own name runs upward", () => {
    const found = check({ "store/s.ts": 'import { a } from "plasmid";', "index.ts": "export const a = 1;" });
    expect(found).toEqual(["store/s.ts uses index.ts, which stands above it"]);
  });

  test("those who share a floor never see each other", () => {
    const found = check({ "codec/a.ts": 'import "../native/n.ts";', "native/n.ts": "export {};" });
    expect(found).toEqual(["codec/a.ts uses native/n.ts, which stands beside it"]);
  });

  test("a cycle inside a folder falls", () => {
    const found = check({
      "codec/a.ts": 'import "./b.ts";',
      "codec/b.ts": 'import "./c.ts";',
      "codec/c.ts": 'export { a } from "./a.ts";',
      "codec/d.ts": 'import "./a.ts";',
    });
    expect(found).toEqual(["a cycle: codec/a.ts -> codec/b.ts -> codec/c.ts -> codec/a.ts"]);
  });

  test("types of one folder may describe each other", () => {
    const found = check({
      "codec/a.ts": 'import type { B } from "./b.ts";\nexport interface A { b?: B }',
      "codec/b.ts": 'import { type A, a } from "./a.ts";\nexport interface B { a?: A }',
    });
    expect(found).toEqual([]);
  });

  test("a file on no floor falls", () => {
    expect(check({ "util.ts": "export {};" })).toEqual([
      "util.ts stands on no floor: give `util` a line in the README",
    ]);
  });
});

describe("planted C", () => {
  const floors = readFloors(
    "1. `include`: the face\n2. `prim`: the system\n3. `heap`, `lock`: two\n4. `segment`: one\n",
  );
  const check = (files: Record<string, string>) => violations(cSources(plant(files)), floors);

  test("the floors are read from the list", () => {
    expect(floors).toEqual([["include"], ["prim"], ["heap", "lock"], ["segment"]]);
  });

  test("includes that run downward stand", () => {
    const files = {
      "include/plasmid.h": "",
      "prim/file.h": '#include "plasmid.h"',
      "prim/file.c": '#include "file.h"\n#include <stdio.h>',
      "heap.h": '#include "prim/file.h"',
      "heap.c": '#include "heap.h"\n#include "plasmid.h"',
      "segment.c": '#include "heap.h"\n#  include "prim/file.h"',
    };
    expect(check(files)).toEqual([]);
  });

  test("an include that runs upward falls", () => {
    const found = check({ "prim/file.c": '#include "../segment.h"', "segment.h": "" });
    expect(found).toEqual(["prim/file.c uses segment.h, which stands above it"]);
  });

  test("an include of a neighbour on the same floor falls", () => {
    const found = check({ "heap.c": '#include "lock.h"', "lock.h": "" });
    expect(found).toEqual(["heap.c uses lock.h, which stands beside it"]);
  });

  test("two nouns of a folder that lean on each other fall, though no header includes the other", () => {
    const found = check({
      "prim/file.h": "",
      "prim/file.c": '#include "futex.h"',
      "prim/futex.h": "",
      "prim/futex.c": '#include "file.h"',
    });
    expect(found).toEqual(["a cycle: prim/file -> prim/futex -> prim/file"]);
  });
});
