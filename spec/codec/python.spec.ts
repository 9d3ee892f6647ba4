import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decode, encode } from "../../src/codec/index.ts";
import { graph } from "./arbitraries.ts";
import { corpus, generator, INTERESTING } from "./corpus.ts";
import { type Description, describeValue } from "./describe.ts";
import { freshVectors, keptVectors, type Vector } from "./vectors.ts";

const python = Bun.which("python3");

/** What the decoder in Python says of each. */
function ask(questions: readonly (Pick<Vector, "bytes" | "buffers"> | string)[]): Description[] {
  const script = new URL("./python/describe.py", import.meta.url).pathname;
  const stdin = Buffer.from(questions.map(question => `${JSON.stringify(question)}\n`).join(""));
  const { exitCode, stdout, stderr } = Bun.spawnSync([python ?? "python3", script], { stdin });
  expect({ exitCode, stderr: stderr.toString() }).toEqual({ exitCode: 0, stderr: "" });
  const lines = stdout.toString().trim().split("\n");
  expect(lines.length).toBe(questions.length);
  return lines.map(line => JSON.parse(line) as Description);
}

describe.skipIf(python === null)("a second decoder, in Python, written from docs/format.md", () => {
  test("reads all vectors, those kept and those of today", () => {
    const vectors = [...keptVectors(), ...freshVectors()];
    const answers = ask(vectors);
    for (const [i, { name, value, code }] of vectors.entries()) {
      if (code) expect([name, answers[i]]).toEqual([name, { error: expect.stringContaining("code") }]);
      else expect([name, answers[i]]).toEqual([name, value]);
    }
  });

  test("reads 500 graphs at random", () => {
    const seed = Number(process.env.PLASMID_FUZZ_SEED ?? 7);
    const messages = fc
      .sample(graph, { numRuns: 500, seed })
      .map(({ build }) => encode(build(), { errorStacks: false }));
    const answers = ask(messages.map(bytes => bytes.toHex()));
    for (const [i, bytes] of messages.entries()) {
      expect([seed, i, answers[i]]).toEqual([seed, i, describeValue(decode(bytes))]);
    }
  });

  test("answers 3,000 mutants", async () => {
    const random = generator(5);
    const messages = await corpus();
    const mutants = Array.from({ length: 3000 }, () => {
      const bytes = messages[random() % messages.length]!.slice(0, 2000);
      bytes[random() % bytes.length] = INTERESTING[random() % INTERESTING.length]!;
      bytes[random() % bytes.length] = random();
      return bytes.toHex();
    });
    const refused = ask(mutants).filter(answer => JSON.stringify(answer).startsWith('{"error"')).length;
    expect(refused).toBeGreaterThan(500);
    expect(refused).toBeLessThan(2900);
  }, 20_000);

  test("refuses what is cut off, and no other way than by its own error", () => {
    const cut = freshVectors().flatMap(({ bytes }) => {
      const size = bytes.length / 2;
      return [1, size >> 1, size - 1].filter(end => end < size).map(end => bytes.slice(0, end * 2));
    });
    for (const answer of ask(cut)) expect(answer).toHaveProperty("error");
  });
});
