import { describe, expect, test } from "bun:test";
import { freshVectors, keptVectors, meaning } from "./vectors.ts";

describe("messages of former days decode to what they meant", () => {
  const kept = keptVectors();

  test("there are some", () => expect(kept.length).toBeGreaterThan(70));

  for (const vector of kept) {
    test(vector.name, () => expect(meaning(vector)).toEqual(vector.value as never));
  }
});

describe("today's samples", () => {
  const known = new Set(keptVectors().map(({ name }) => name.replace(/ \(\d+\)$/, "")));

  for (const { name } of freshVectors()) {
    test(`${name} is kept; bun scripts/vectors.ts adds it`, () => expect(known.has(name)).toBe(true));
  }
});
