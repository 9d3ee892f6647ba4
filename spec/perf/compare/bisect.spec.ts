import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bisect } from "../../../perf/compare/bisect.ts";

const revisions = (count: number) => Array.from({ length: count }, (_, i) => `r${i}`);

describe("bisecting", () => {
  test("finds the first bad one, in as few steps as there are halvings", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (count, share) => {
          const first = 1 + Math.floor(share * (count - 2));
          const found = await bisect(revisions(count), async revision => Number(revision.slice(1)) >= first);
          expect(found).toMatchObject({ first: `r${first}`, before: `r${first - 1}` });
          expect(found!.steps.length).toBeLessThanOrEqual(Math.ceil(Math.log2(count)));
        },
      ),
    );
  });

  test("ends where it is broken off", async () => {
    const controller = new AbortController();
    let asked = 0;
    const found = await bisect(
      revisions(100),
      async () => {
        if (++asked === 2) controller.abort();
        return true;
      },
      controller.signal,
    );
    expect(found).toBeUndefined();
    expect(asked).toBe(2);
  });
});
