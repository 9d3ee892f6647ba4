import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../../scripts/paths.ts";
import { runProgram, temporaryFolder, well } from "../support/program.ts";

/** Runs main.ts of these files in a project whose bunfig.toml preloads plasmid/capture. */
async function run(files: Record<string, string>): Promise<string> {
  using folder = temporaryFolder("capture");
  mkdirSync(join(folder.path, "node_modules", "dependency"), { recursive: true });
  symlinkSync(root, join(folder.path, "node_modules", "plasmid"));
  const all = {
    "bunfig.toml": 'preload = ["plasmid/capture"]',
    "package.json": '{ "type": "module" }',
    "receive.ts": `import { decode } from "plasmid/codec";
      export const receive = (hex: string): any => decode(Uint8Array.fromHex(hex), { code: true });`,
    "send.ts": `import { encode } from "plasmid/codec";
      /** Encodes a value, decodes it in a process without the preload, and applies an expression to it there. */
      export function send(value: unknown, expression: string): string {
        const hex = encode(value, { code: true }).toHex();
        const program = \`import { receive } from "./receive.ts"; const v = receive("\${hex}"); console.log(JSON.stringify(\${expression}));\`;
        const { stdout, stderr } = Bun.spawnSync([process.execPath, "--config=/dev/null", "-e", program], { cwd: import.meta.dir });
        return (stdout.toString() + stderr.toString()).trim();
      }`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  }
  const { stdout, ...ended } = await runProgram(join(folder.path, "main.ts"), folder.path);
  expect(ended).toEqual(well);
  return stdout.trim();
}

test("a lambda just works: imports, helpers of other files, recursion, classes, methods, this", async () => {
  const output = await run({
    "helper.ts": `let calls = 0;
      export const twice = (n: number): number => { calls++; return n * factor() };
      function factor(): number { return 2 }
      export const callsOf = (): number => calls;`,
    "main.ts": `import { join } from "node:path";
      import * as os from "node:os";
      import { callsOf, twice } from "./helper.ts";
      import { send } from "./send.ts";
      interface Job<T> { run(x: T): T; base: number }
      class Base { protected n = 1; add(by: number): number { this.n += twice(by); return this.n } }
      class Child extends Base { read = (): number => this.n; override add(by: number): number { return super.add(by) + 100 } }
      const offset = Number(process.argv.length) * 0 + 7;
      const job: Job<number> = { base: 10, run(x) { return x + offset + this.base } };
      function fact(n: number): number { return n < 2 ? 1 : n * fact(n - 1) }
      const value = { job, twice, callsOf, Child, path: () => join("a", "b") + os.EOL, fact };
      console.log(send(value, "[v.job.run(1), v.twice(4), v.callsOf(), v.path(), v.fact(4), v.twice.name]"));
      console.log(send(value, "(c => [c.add(1), c.read(), v.callsOf(), v.Child.name])(new v.Child())"));`,
  });
  expect(output.split("\n")).toEqual(['[18,8,1,"a/b\\n",24,"twice"]', '[103,3,1,"Child"]']);
});

test("a namespace of a file of one's own is what it exports, one object wherever it is used", async () => {
  const output = await run({
    "shapes.ts": `export const unit = 3;
      export const area = (side: number): number => side * side * unit;
      export class Square { constructor(readonly side: number) {} area() { return area(this.side) } }`,
    "main.ts": `import * as shapes from "./shapes.ts";
      import { send } from "./send.ts";
      const total = (...sides: number[]) => sides.reduce((sum, side) => sum + new shapes.Square(side).area(), 0);
      console.log(send({ total, same: () => shapes, again: () => shapes }, "[v.total(1, 2), v.same().unit, v.same() === v.again()]"));`,
  });
  expect(output).toBe("[15,3,true]");
});

test("JSX calls its runtime by name", async () => {
  const runtime = `export const Fragment = Symbol.for("fragment");
    export const jsxDEV = (type, props, key) => ({ type: String(type.name ?? type.description ?? type), props, key });
    export const jsx = jsxDEV, jsxs = jsxDEV;`;
  const output = await run({
    "node_modules/react/package.json": '{ "name": "react", "exports": { "./*": "./runtime.js" }, "type": "module" }',
    "node_modules/react/runtime.js": runtime,
    "view.tsx": `const size = 3;
      const Item = ({ n }: { n: number }) => <li>{n * size}</li>;
      export const View = ({ n }: { n: number }) => <><Item n={n} key={1} /></>;
      export const List = () => [1, 2].map(n => <Item n={n} />);
      export class Page { render() { return <Item n={2} /> } }`,
    "main.ts": `import { List, Page, View } from "./view.tsx";
      import { send } from "./send.ts";
      console.log(send({ View, Page, List }, "[v.List()[1].type, v.View({ n: 1 }).type, v.View({ n: 1 }).props.children.type, new v.Page().render().props.n]"));`,
  });
  expect(output).toBe('["Item","fragment","Item",2]');
});

test("counters share their variables, those made in a loop and by sent functions too", async () => {
  const output = await run({
    "main.ts": `import { send } from "./send.ts";
      let total = 0;
      function counter(step: number) {
        let own = 0;
        return { add: () => { own += step; total += step; return own }, read: () => [own, total] };
      }
      console.log(send([counter(1), counter(10)], "(([a, b]) => (a.add(), b.add(), b.add(), [a.read(), b.read()]))(v)"));
      const inLoop: (() => number)[] = [];
      for (let i = 0; i < 3; i++) { inLoop.push(() => i) }
      console.log(send(inLoop, "v.map(f => f())"));
      console.log(send(counter, "(c => (c.add(), c.add(), c.read()))(v(5))"));
      const again = \`(async ([make]) => {
        const one = make(5); one.add();
        const two = receive((await import("plasmid/codec")).encode(one, { code: true }).toHex());
        two.add();
        return [one.read(), two.read()];
      })\`;
      console.log(send([counter], "await " + again + "(v)"));`,
  });
  expect(output.split("\n")).toEqual(["[[1,21],[20,21]]", "[0,1,2]", "[10,10]", "[[5,5],[10,10]]"]);
});

test("what was written stays what it means: names, order, lines of errors, closed-over variables before their declaration", async () => {
  const output = await run({
    "main.ts": `const a = Math.random();
const arrow = () => a, object = { method() { return a }, property: () => a, "odd key": () => a };
class Field { handler = () => a; static made = () => a }
let assigned; assigned = function () { return a };
const [pattern = () => a] = [];
console.log(JSON.stringify([arrow, object.method, object.property, object["odd key"], new Field().handler, Field.made, assigned, pattern].map(f => f.name)));
console.log(early(), typeof early);
function early() { return typeof later }
var later = 1;
function fails() {
  throw new Error(String(a).slice(0, 0));
}
try { fails() } catch (error) { console.log((error as Error).stack!.split("\\n").slice(1, 3).map(line => line.replace(/.*main\\.ts:(\\d+).*/, "$1")).join()) }
import { encode } from "plasmid/codec";
try { encode(() => tooLate, { code: true }) } catch (error) { console.log((error as Error).message.slice(0, 60)) }
const tooLate = 1 + a;`,
  });
  expect(output.split("\n")).toEqual([
    '["arrow","method","property","odd key","handler","made","assigned","pattern"]',
    "undefined function",
    "11,13",
    "$: a function can't be encoded: what it captures can't be re",
  ]);
});

test("packages are left alone, and what is imported from them goes by name", async () => {
  const output = await run({
    "node_modules/dependency/package.json": '{ "name": "dependency", "main": "index.js" }',
    "node_modules/dependency/index.js":
      "const hidden = { n: 40 }; module.exports = { add: n => n + hidden.n, hidden };",
    "main.ts": `import { add, hidden } from "dependency";
      import { send } from "./send.ts";
      console.log(send((n: number) => add(n) + hidden.n, "v(2)"), add.toString().includes("plasmid"));`,
  });
  expect(output).toBe("82 false");
});

test("a Worker that is given the preload", async () => {
  const output = await run({
    "worker.ts": `import { encode } from "plasmid/codec";
      const by = Math.sqrt(9);
      postMessage(encode((n: number) => n * by, { code: true }));`,
    "main.ts": `import { decode } from "plasmid/codec";
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { preload: ["plasmid/capture"] });
      worker.onmessage = ({ data }) => { console.log((decode(data, { code: true }) as (n: number) => number)(5)); worker.terminate() };`,
  });
  expect(output).toBe("15");
});
