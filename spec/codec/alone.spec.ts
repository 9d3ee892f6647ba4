import { expect, test } from "bun:test";
import { join } from "node:path";
import { root } from "../../scripts/paths.ts";
import { runText } from "../support/program.ts";

test("plasmid/codec works alone: nothing of the native library is loaded", async () => {
  const text = `
    import { readFileSync } from "node:fs";
    import { decode, encode } from "plasmid/codec";
    if ((decode(encode(new Map([[1, 2]]))) as Map<number, number>).get(1) !== 2) throw new Error("wrong");
    const maps = readFileSync("/proc/self/maps", "utf8");
    if (/libplasmid/.test(maps)) throw new Error("the library is mapped");
    const loaded = Object.keys(require.cache).filter(path => path.startsWith(${JSON.stringify(join(root, "src"))}));
    if (loaded.length === 0) throw new Error("nothing to be seen of what is loaded");
    const strangers = loaded.filter(path => !/src\\/(codec\\/|errors\\.ts)/.test(path));
    if (strangers.length > 0) throw new Error(strangers.join(", "));
  `;
  const { code, stderr } = await runText(text);
  expect([code, stderr]).toEqual([0, ""]);
}, 60_000);
