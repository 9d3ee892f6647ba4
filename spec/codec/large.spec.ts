import { expect, test } from "bun:test";
import { freemem } from "node:os";
import { runText } from "../support/program.ts";

// In processes of their own: the collector of one that has held so much lets garbage grow.

const GIB = 2 ** 30;

const programs: [string, number, string][] = [
  [
    "an array of ten million",
    2,
    `const value = Array.from({ length: 10_000_000 }, (_, i) => (i % 3 === 0 ? null : i));
     const back = decode(encode(value));
     if (back.length !== value.length || !back.every((one, i) => one === value[i])) throw new Error("another array");`,
  ],
  [
    "a text of 500 MB",
    6,
    `const value = "0123456789".repeat(50_000_000);
     const bytes = encode(value);
     if (bytes.length !== 500_000_005 || decode(bytes) !== value) throw new Error("another text");`,
  ],
];

for (const [name, gib, text] of programs) {
  test.if(freemem() > gib * GIB)(
    name,
    async () => {
      const { code, stderr } = await runText(`import { decode, encode } from "plasmid/codec";\n${text}`);
      expect([code, stderr]).toEqual([0, ""]);
    },
    60_000,
  );
}
