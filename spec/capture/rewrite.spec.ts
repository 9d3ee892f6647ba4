import { describe, expect, test } from "bun:test";
import { rewrite } from "../../src/capture/rewrite.ts";

function rewritten(text: string, path = "/module.ts"): string {
  const result = rewrite(`${text}\nexport {};`, path, "/runtime.ts");
  if (result === null) return text;
  expect(result.split("\n").length).toBe(text.split("\n").length + 1);
  // What comes out is TypeScript still.
  const loader = path.endsWith("x") ? "tsx" : "ts";
  expect(() => new Bun.Transpiler({ loader }).transformSync(result)).not.toThrow();
  return result.replace(/import \{ capture as .*? from "\/runtime\.ts";/, "").replace(/\nexport \{\};$/, "");
}

describe("rewrite", () => {
  const cases: [string, string, string][] = [
    [
      "what closes over nothing stays",
      "const f = (a: number) => a + Math.PI;",
      "const f = (a: number) => a + Math.PI;",
    ],
    [
      "a function without a name keeps the one it gets from its place",
      "const a = new Map(); const f = () => a;",
      'const a = new Map(); const f = $plasmidNamed({ "f": () => a }, "f", () => ({ a }));',
    ],
    [
      "an argument needs none",
      "const a = 1; run(x => x + a);",
      "const a = 1; run($plasmidCapture(x => x + a, () => ({ a })));",
    ],
    ["what is called at once stays", "const a = 1; (() => a)();", "const a = 1; (() => a)();"],
    [
      "a declaration is captured where it is hoisted to",
      "const a = 1; { g(); function g() { return a + g.length } }",
      "const a = 1; {$plasmidCapture(g, () => ({ a })); g(); function g() { return a + g.length } }",
    ],
    [
      "a class after it was made, without what only its parent and statics use",
      "const a = 1, b = 2, P = Map; export class C extends P { static x = b; m() { return a } }",
      "const a = 1, b = 2, P = Map; export class C extends P { static x = b; m() { return a } };$plasmidCapture(C, () => ({ a }));",
    ],
    [
      "methods with their object",
      "const a = 1; const o = { m() { return a }, get g() { return a }, n() {} };",
      "const a = 1; const o = $plasmidMethods({ m() { return a }, get g() { return a }, n() {} }, { m: [() => ({ a })], g: [() => ({ a })] });",
    ],
    [
      "types are no captures",
      "interface T { x: number } const a = 1 as unknown as T; run((b: T): T => a satisfies T);",
      "interface T { x: number } const a = 1 as unknown as T; run($plasmidCapture((b: T): T => a satisfies T, () => ({ a })));",
    ],
    [
      "this",
      "class C { x = 1; h = () => this.x; }",
      'class C { x = 1; h = $plasmidNamed({ "h": () => this.x }, "h", () => ({ this: this })); }',
    ],
    [
      "variables that are assigned are shared",
      "let n = 0; const up = () => ++n, now = () => n;",
      'var $plasmidScope1 = $plasmidScope(() => ({ n, $plasmidScope1 }));let n = 0; const up = $plasmidNamed({ "up": () => ++n }, "up", () => ({}), $plasmidScope1), now = $plasmidNamed({ "now": () => n }, "now", () => ({}), $plasmidScope1);',
    ],
    [
      "for each turn of a loop anew",
      "for (let i = 0; i < 3; i++) { run(() => i); }",
      "for (let i = 0; i < 3; i++) {const $plasmidScope1 = $plasmidScope(() => ({ i, $plasmidScope1 })); run($plasmidCapture(() => i, () => ({}), $plasmidScope1)); }",
    ],
    [
      "a parameter's default can't see the body",
      "function f(a: number, g = () => a++) { return g }",
      'function f(a: number, g = $plasmidNamed({ "g": () => a++ }, "g", () => ({ a }))) { return g }',
    ],
    [
      "imports of packages go by name, those of files as what they are",
      'import { map as m } from "lodash"; import * as p from "node:path"; import d, { e } from "./e.ts"; run(() => [m, p, d, e]);',
      'import { map as m } from "lodash"; import * as p from "node:path"; import d, { e } from "./e.ts"; run($plasmidCapture(() => [m, p, d, e], () => ({ m: $plasmidImported(m, "lodash", "map"), p: $plasmidImported(p, "node:path", ""), d, e })));',
    ],
    [
      "a statement that ends with its line goes on doing so",
      "const a = new Set();\nconst f = () => { a }\n[1].map(x => x)",
      'const a = new Set();\nconst f = $plasmidNamed({ "f": () => { a } }, "f", () => ({ a }));\n[1].map(x => x)',
    ],
    [
      "new of a class without a name",
      "const a = 1; new class { x = a }();",
      "const a = 1; new ($plasmidCapture(class { x = a }, () => ({ a })))();",
    ],
  ];
  for (const [name, text, expected] of cases) test(name, () => expect(rewritten(text)).toBe(expected));

  test("JSX", () => {
    expect(rewritten("const b = 1; const a = <p on={() => b}>{b}</p>;", "/module.tsx")).toContain(
      "on={$plasmidCapture(() => b, () => ({ b }))}",
    );
  });

  test("a first line for the shell, and directives, stay first", () => {
    const result = rewritten(
      '#!/usr/bin/env bun\n"use strict"; const a = 1; run(() => a); function f() { "use strict"; let n = 0; return () => n++ }',
    );
    expect(result).toStartWith('#!/usr/bin/env bun\n"use strict"; const a = 1;');
    expect(result).toContain('{ "use strict";const $plasmidScope1 = ');
  });

  test("what is not understood, or no module, is left alone", () => {
    expect(rewrite("const a = ;", "/module.ts", "/runtime.ts")).toBeNull();
    const common = "const a = require('a'); module.exports = () => a;";
    expect(rewrite(common, "/module.js", "/runtime.ts")).toBeNull();
    expect(rewrite(common, "/module.ts", "/runtime.ts")).toBeNull();
    expect(rewrite("export const a = 1, f = () => a;", "/module.cjs", "/runtime.ts")).toBeNull();
    expect(rewrite("const a = 1, f = () => a;", "/module.js", "/runtime.ts")).toBeNull();
  });
});
