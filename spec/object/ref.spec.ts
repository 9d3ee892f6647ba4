import { expect, test } from "bun:test";
import fc from "fast-check";
import { InvalidArgumentError, ObjectRef } from "../../src/index.ts";

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

test("text and back", () => {
  fc.assert(
    fc.property(word, word, word, word, word, (slot, a, b, c, d) => {
      const ref = new ObjectRef(slot, a, b, c, d, null, null);
      const back = ObjectRef.parse(ref.toString());
      expect([back.slot, back.a, back.b, back.c, back.d]).toEqual([slot, a, b, c, d]);
      expect(back.equals(ref)).toBe(true);
      expect(new ObjectRef(slot, a, b, c, d ^ 1, null, null).equals(ref)).toBe(false);
    }),
  );
});

test("other text is refused", () => {
  const good = new ObjectRef(7, 1, 2, 3, 4, null, null).toString();
  for (const bad of ["", "plasmid:", good.slice(1), `${good}x`, good.replace("@", "#"), ` ${good}`]) {
    expect(() => ObjectRef.parse(bad)).toThrow(InvalidArgumentError);
  }
  expect(() => ObjectRef.parse(5 as unknown as string)).toThrow(InvalidArgumentError);
});

test("an unbound ref can't be exported, but printed", () => {
  const ref = new ObjectRef(7, 1, 2, 3, 4, null, null);
  expect(() => ref.export()).toThrow(InvalidArgumentError);
  expect(() => JSON.stringify({ ref })).toThrow(InvalidArgumentError);
  expect(Bun.inspect(ref)).toBe("ObjectRef(plasmid:00000001000000020000000300000004@7)");
  expect(`${ref}`).toBe("plasmid:00000001000000020000000300000004@7");
});
