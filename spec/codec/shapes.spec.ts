import { describe, expect, test } from "bun:test";
import * as msgpack from "@msgpack/msgpack";
import fc from "fast-check";
import { Decoder } from "../../src/codec/decoder.ts";
import { DecodeError, decode, encode } from "../../src/codec/index.ts";
import { MAX_KEYS } from "../../src/codec/shapes/code.ts";
import { Habits, signOf } from "../../src/codec/shapes/habit.ts";
import { objectReaders } from "../../src/codec/shapes/object-reader.ts";
import { objectWriters } from "../../src/codec/shapes/object-writer.ts";
import { expectSame } from "./same.ts";

/** Plain data is plain MessagePack, whether code was made for it or not: another library tells whether it is right. */
function bothWays(value: unknown): void {
  const bytes = encode(value);
  expect(bytes.toHex()).toBe(msgpack.encode(value).toHex());
  expectSame(decode(bytes), value);
}

/** Encodes and decodes a value until there is code for it. */
function train(value: Record<string, unknown>): void {
  const keys = Object.keys(value);
  const sign = signOf(keys.length, keys[0]!.length, keys[0]!.charCodeAt(0));
  const byteSign = signOf(keys.length, 0xa0 + keys[0]!.length, keys[0]!.charCodeAt(0));
  for (let i = 0; i < 200_000; i++) {
    decode(encode(value));
    if (objectWriters.codeFor(sign) !== null && objectReaders.codeFor(byteSign) !== null) return;
  }
  throw new Error("no code was made");
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
}

describe("objects of one shape", () => {
  test("are read and written by code after a while, as before", () => {
    const point = (i: number) => ({ pointX: i, pointY: i / 3, label: `p${i}`, next: i % 2 === 0 ? null : { z: [i] } });
    for (let i = 0; i < 1000; i++) bothWays(point(i));
    train(point(1));
    for (let i = 0; i < 1000; i++) bothWays(point(i));
  });

  test("but for what looks like them and is not", () => {
    const usual = { alpha: 1, beta: "two", gamma: [3] };
    train(usual);
    for (const other of [
      { alpha: 1, beta: 2, delta: 3 },
      { alpha: 1, delta: 2, gamma: 3 },
      { alpha: 1, gamma: 2, beta: 3 },
      { alphx: 1, beta: 2, gamma: 3 },
      { alpha: 1, beta: 2, gammas: 3 },
      { alpha: 1, beta: 2, gämma: 3 },
      { alpha: 1, beta: 2 },
      { alpha: { alpha: { alpha: 1, beta: 2, other: 3 }, beta: 2, gamma: 3 }, beta: 2, gamma: 3 },
      JSON.parse('{ "alpha": 1, "beta": 2, "__proto__": 3 }'),
      { alpha: 1, beta: 2, 7: 3 },
      { alpha: 1, beta: 2, ["x".repeat(40)]: 3 },
    ]) {
      bothWays(other);
      bothWays([structuredClone(usual), other, structuredClone(usual)]);
    }
  });

  test("whatever comes in which order", () => {
    const key = fc.constantFrom("a", "b", "c", "ab", "id", "name", "1", "é", "k".repeat(33));
    const object = fc.dictionary(key, fc.oneof(fc.integer(), fc.string(), fc.constant(null)), {
      maxKeys: 5,
      noNullPrototype: true,
    });
    const some = fc.array(object, { minLength: 1, maxLength: 4 });
    const traffic = fc.array(fc.tuple(some, fc.integer({ min: 1, max: 400 })), { maxLength: 6 });
    fc.assert(
      fc.property(traffic, spells => {
        for (const [objects, times] of spells) for (let i = 0; i < times; i++) bothWays(objects[i % objects.length]);
      }),
      { numRuns: 60 },
    );
  });

  test("with as many keys as code is made for, and one more", () => {
    for (const count of [15, 16, MAX_KEYS, MAX_KEYS + 1]) {
      const wide = Object.fromEntries(Array.from({ length: count }, (_, k) => [`wide ${count} ${k}`, k]));
      if (count <= MAX_KEYS) train(wide);
      for (let i = 0; i < 500; i++) bothWays({ ...wide, [`wide ${count} 7`]: i });
    }
  });

  test("whose getters change them meanwhile", () => {
    const make = () => ({
      get first() {
        delete (this as { second?: number }).second;
        return 1;
      },
      second: 2,
      third: 3,
    });
    const expected = encode(make()).toHex();
    train({ first: 1, second: 2, third: 3 });
    expect(encode(make()).toHex()).toBe(expected);
  });

  test("in messages that refer back", () => {
    const shared = { of: "all" };
    const value = () => ({ left: shared, right: shared, self: null as unknown });
    train({ left: 1, right: 2, self: 3 });
    for (let i = 0; i < 200; i++) {
      const whole = value();
      whole.self = whole;
      const back = decode(encode(whole)) as typeof whole;
      expect(back.self).toBe(back);
      expect(back.left).toBe(back.right);
      expect(back.left).toEqual(shared);
    }
  });

  test("cut off at any byte", () => {
    const value = { cut: 1, off: "text", at: { cut: 2, off: "more", at: null } };
    train(value);
    const bytes = encode(value);
    for (let end = 0; end < bytes.length; end++) {
      // What stands behind the end is the rest of the message, which must not be read.
      const cut = thrownBy(() => new Decoder().decodeFrom(bytes, 0, end, null, null)) as DecodeError;
      expect(cut).toBeInstanceOf(DecodeError);
      expect(cut.offset).toBeLessThanOrEqual(end);
    }
  });

  test("of which one has a key twice, or one that is no text", () => {
    train({ twice: 1, other: 2 });
    const twice = Uint8Array.fromHex("82a574776963650aa574776963650b");
    const foreign = Uint8Array.fromHex("82a574776963650a0102");
    for (let i = 0; i < 3000; i++) {
      expect(decode(twice)).toEqual({ twice: 11 });
      expect(decode(foreign)).toEqual(
        new Map<unknown, unknown>([
          ["twice", 10],
          [1, 2],
        ]),
      );
    }
  });
});

describe("habits", () => {
  const craft = () => {
    const made: string[][] = [];
    const habits = new Habits<() => string>({
      make(keys) {
        made.push([...keys]);
        return () => keys.join();
      },
      learner: habit => () => {
        habit.learn(["a", "b"]);
        return "learnt";
      },
    });
    /** What an object is handled by. */
    const meet = (unit: number) => (habits.knows(2) ? habits.codeFor(signOf(2, 1, unit))?.() : undefined);
    return { made, habits, meet };
  };

  test("make code for what is met often", () => {
    const { made, meet } = craft();
    for (let i = 0; i < 1000; i++) meet(1);
    expect(made).toEqual([["a", "b"]]);
    expect(meet(1)).toBe("a,b");
  });

  test("make none for what is one of many", () => {
    const { made, meet } = craft();
    for (let i = 0; i < 100_000; i++) meet(i % 20);
    expect(made).toEqual([]);
  });

  test("forget what is seldom right, and keep what mostly is", () => {
    for (const [misses, kept] of [
      [20, true],
      [2, false],
    ] as const) {
      const made: number[] = [];
      const habits = new Habits<() => void>({
        make: (_, habit) => {
          let calls = 0;
          made.push(0);
          return () => {
            if (++calls % misses === 0) habit.miss();
          };
        },
        learner: habit => () => habit.learn(["a"]),
      });
      for (let i = 0; i < 5000; i++) if (habits.knows(1)) habits.codeFor(signOf(1, 1, 1))?.();
      expect(made.length === 1).toBe(kept);
    }
  });

  test("make ever less of code that is seldom right, and again as much after some that was", () => {
    let right = false;
    let made = 0;
    const habits = new Habits<() => void>({
      make: (_, habit) => {
        made++;
        return () => {
          if (!right) habit.miss();
        };
      },
      learner: habit => () => habit.learn(["a"]),
    });
    /** How often code is made while it is met so many times. */
    const madeIn = (times: number) => {
      const before = made;
      for (let i = 0; i < times; i++) if (habits.knows(1)) habits.codeFor(signOf(1, 1, 1))?.();
      return made - before;
    };
    const often = madeIn(1_000_000);
    expect(often).toBeGreaterThan(5);
    expect(often).toBeLessThan(20);
    expect(madeIn(1_000_000)).toBeLessThan(3);
    right = true;
    expect(madeIn(10_000_000)).toBe(1);
    right = false;
    expect(madeIn(2_000_000)).toBeGreaterThan(5);
  });

  test("drop code once, however many objects in objects it was not for", () => {
    const habits = new Habits<() => void>({
      make: (_, habit) => () => {
        for (let i = 0; i < 1000; i++) habit.miss();
        // Others that look different come to have the same place.
        for (let unit = 2; unit < 256; unit++) habits.codeFor(signOf(1, 1, unit));
        habit.miss();
      },
      learner: habit => () => habit.learn(["a"]),
    });
    const meet = (unit: number) => habits.knows(1) && habits.codeFor(signOf(1, 1, unit))?.();
    for (let i = 0; i < 5000; i++) meet(1);
    // None is known now, or soon: most are passed over.
    let asked = 0;
    for (let i = 0; i < 5000; i++) asked += Number(habits.knows(1));
    expect(asked).toBeLessThan(2500);
  });

  test("learn nothing from an object that has not the keys it seemed to have", () => {
    const { made, habits } = craft();
    for (let i = 0; i < 5000; i++) if (habits.knows(3)) habits.codeFor(signOf(3, 1, 1))?.();
    expect(made).toEqual([]);
  });
});
