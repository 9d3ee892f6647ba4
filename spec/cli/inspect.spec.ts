import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/paths.ts";
import { encode } from "../../src/codec/index.ts";
import { temporaryFolder } from "../support/program.ts";

function plasmid(...args: string[]): { code: number | null; out: string; err: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, join(root, "src/cli/main.ts"), ...args]);
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

test("inspect prints a file as a tree, with no code of it run", () => {
  using folder = temporaryFolder("inspect");
  const file = join(folder.path, "value.plasmid");
  const twice = { id: 7 };
  writeFileSync(file, encode({ name: "é", twice: [twice, twice], fn: () => 1 }, { code: true }));
  const { code, out, err } = plasmid("inspect", file);
  expect([code, err]).toEqual([0, ""]);
  expect(out.split("\n").slice(0, 5)).toEqual([
    `${file}: ${Bun.file(file).size} bytes`,
    "a graph: objects in it are referred to more than once",
    `$ object, 3 properties: ${Bun.file(file).size - 4} bytes`,
    '  .name text "é": 3 bytes',
    "  .twice array, 2 elements: 9 bytes",
  ]);
  expect(plasmid("inspect", "--depth", "1", "--items", "1", file).out).toContain("… 2 more");
});

test("a huge file gives a short answer", () => {
  using folder = temporaryFolder("inspect");
  const file = join(folder.path, "large");
  writeFileSync(file, encode(Array.from({ length: 300_000 }, (_, i) => [i, [`${i}`, { i }]])));
  const { code, out } = plasmid("inspect", file, "--items", "1000", "--lines", "50");
  expect([code, out.trim().split("\n").length]).toEqual([0, 51]);
  expect(out).toContain("… and more: --lines 500");
});

test("a bad file, no file and a wrong call each have an exit code and a message", () => {
  using folder = temporaryFolder("inspect");
  const file = join(folder.path, "bad");
  writeFileSync(file, encode({ a: [1, 2, 3] }).subarray(0, 5));
  const bad = plasmid("inspect", file);
  expect([bad.code, bad.out]).toEqual([1, ""]);
  expect(bad.err).toBe(
    `plasmid: ${file}: this is no message, or not all of one: the message is cut off (byte 5, at $.a[1])\n`,
  );
  const twice = {};
  const graph = encode([twice, twice, "text"]);
  const damaged: [Uint8Array, string][] = [
    [
      graph.subarray(0, -3),
      `the message is cut off: ${graph.length - 3} bytes are announced, ${graph.length - 6} are here`,
    ],
    [Buffer.concat([graph, graph]), `bytes behind the end of the value (byte ${graph.length}, at $)`],
    [new Uint8Array(0), "nothing is here: no message is empty"],
    [Buffer.from('{"a":1}'), "bytes behind the end of the value (byte 1, at $)"],
  ];
  for (const [bytes, why] of damaged) {
    writeFileSync(file, bytes);
    expect(plasmid("inspect", file)).toMatchObject({ code: 1, out: "", err: expect.stringContaining(why) });
  }
  expect(plasmid("inspect", join(folder.path, "none"))).toMatchObject({ code: 1, out: "" });
  for (const args of [[], ["nothing"], ["inspect"], ["inspect", file, "--depth", "x"], ["inspect", "--odd", file]]) {
    const { code, out, err } = plasmid(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toStartWith("plasmid: ");
  }
});

test("help", () => {
  for (const args of [["--help"], ["inspect", "--help"]]) {
    const { code, out, err } = plasmid(...args);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("plasmid inspect FILE");
  }
  expect(plasmid("--version").out).toMatch(/^\d+\.\d+\.\d+\n$/);
});
