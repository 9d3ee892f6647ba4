import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Answer, bisect } from "../../../perf/compare/bisect.ts";

const answerOf = (revision: string, first: number): Answer => (Number(revision.slice(1)) >= first ? "bad" : "good");
const revisions = (count: number) => Array.from({ length: count }, (_, i) => `r${i}`);

describe("bisecting", () => {
  test("finds the first bad one, in as few steps as there are halvings", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (count, share) => {
          const first = 1 + Math.floor(share * (count - 2));
          const found = await bisect(revisions(count), async revision => answerOf(revision, first));
          expect(found).toMatchObject({ among: [`r${first}`], before: `r${first - 1}`, brokenOff: false });
          expect(found.steps.length).toBeLessThanOrEqual(Math.ceil(Math.log2(count)));
        },
      ),
    );
  });

  test("takes a neighbour of what can't be measured, and names all that are left", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.infiniteStream(fc.boolean()),
        async (count, share, broken) => {
          const first = 1 + Math.floor(share * (count - 2));
          const unknown = new Set(
            revisions(count)
              .slice(1, -1)
              .filter(() => broken.next().value),
          );
          const asked: string[] = [];
          const { before, among, brokenOff } = await bisect(revisions(count), async revision => {
            asked.push(revision);
            return unknown.has(revision) ? "can't be measured" : answerOf(revision, first);
          });
          expect(new Set(asked).size).toBe(asked.length);
          expect(brokenOff).toBe(false);
          expect(among).toContain(`r${first}`);
          expect(answerOf(before, first)).toBe("good");
          // No wider than it has to be: all but the last of them could not be asked.
          expect(among.slice(0, -1).filter(revision => !unknown.has(revision))).toEqual([]);
          expect(unknown.has(before) || unknown.has(among.at(-1)!)).toBe(false);
        },
      ),
    );
  });

  test("ends where it is broken off, and keeps what is known", async () => {
    const controller = new AbortController();
    let asked = 0;
    const found = await bisect(
      revisions(100),
      async () => {
        if (++asked === 3) controller.abort();
        return "bad";
      },
      controller.signal,
    );
    expect(asked).toBe(3);
    expect(found).toMatchObject({ before: "r0", brokenOff: true });
    expect(found.among.at(-1)).toBe("r24");
    expect(found.steps.map(({ revision }) => revision)).toEqual(["r49", "r24"]);
  });
});
