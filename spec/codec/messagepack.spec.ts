import { describe, expect, test } from "bun:test";
import * as msgpack from "@msgpack/msgpack";
import fc from "fast-check";
import { decode, encode } from "../../src/codec/index.ts";
import { expectSame } from "./same.ts";
import { plain } from "./values.ts";

const hex = (...parts: (string | Uint8Array)[]) =>
  Uint8Array.fromHex(parts.map(part => (typeof part === "string" ? part.replaceAll(" ", "") : part.toHex())).join(""));

describe("plain data is plain MessagePack", () => {
  test("byte for byte what @msgpack/msgpack writes", () => {
    fc.assert(
      fc.property(plain, value => expect(encode(value).toHex()).toBe(msgpack.encode(value).toHex())),
      { numRuns: 2000 },
    );
  });

  test("@msgpack/msgpack reads what we write", () => {
    fc.assert(
      fc.property(plain, value => expectSame(msgpack.decode(encode(value)), value, { buffers: true })),
      { numRuns: 1000 },
    );
  });

  test("we read what @msgpack/msgpack writes", () => {
    fc.assert(
      fc.property(plain, value => expectSame(decode(msgpack.encode(value)), value)),
      { numRuns: 1000 },
    );
  });

  test("we read its float 32 and its 64-bit BigInts as it does", () => {
    fc.assert(
      fc.property(
        fc.float().filter(value => !Object.is(value, -0)),
        value => expectSame(decode(msgpack.encode(value, { forceFloat32: true })), value),
      ),
    );
    const wide = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(wide, value => {
        const back = decode(msgpack.encode(value, { useBigInt64: true })) as number | bigint;
        expect(typeof back).toBe(Number.isSafeInteger(Number(value)) ? "number" : "bigint");
        expect(BigInt(back)).toBe(value);
      }),
    );
  });

  test("a document of 100,000 values, both ways", () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => ({
      id: i,
      name: `row ${i}`,
      score: i / 3,
      tags: ["a", `t${i % 7}`],
      at: new Date(1.7e12 + i),
      raw: new Uint8Array([i, i >> 8]),
    }));
    // Lists below the length from which they may be packed.
    const pages: unknown[] = [];
    for (let i = 0; i < rows.length; i += 50) pages.push({ rows: rows.slice(i, i + 50), more: [] });
    const document = [pages.slice(0, 50), pages.slice(50, 100), pages.slice(100, 150), pages.slice(150)];
    const bytes = encode(document);
    expect(bytes).toEqual(msgpack.encode(document));
    expectSame(decode(bytes), document);
    expectSame(decode(msgpack.encode(rows)), rows);
  });
});

describe("any MessagePack decodes", () => {
  test("every form of one value", () => {
    const forms: [string, unknown][] = [
      ["05", 5],
      ["cc05", 5],
      ["cd0005", 5],
      ["ce00000005", 5],
      ["cf0000000000000005", 5],
      ["d005", 5],
      ["d10005", 5],
      ["d200000005", 5],
      ["d30000000000000005", 5],
      ["ff", -1],
      ["d0ff", -1],
      ["d1ffff", -1],
      ["d2ffffffff", -1],
      ["d3ffffffffffffffff", -1],
      ["ca40a00000", 5],
      ["cb4014000000000000", 5],
      ["cb8000000000000000", -0],
      ["a161", "a"],
      ["d90161", "a"],
      ["da000161", "a"],
      ["db0000000161", "a"],
      ["9105", [5]],
      ["dc000105", [5]],
      ["dd0000000105", [5]],
      ["81a16105", { a: 5 }],
      ["de0001a16105", { a: 5 }],
      ["df00000001a16105", { a: 5 }],
      ["c40161", new Uint8Array([0x61])],
      ["c5000161", new Uint8Array([0x61])],
      ["c60000000161", new Uint8Array([0x61])],
      ["d6ff00000005", new Date(5000)],
      ["c70cff000000000000000000000005", new Date(5000)],
      ["c8000cff000000000000000000000005", new Date(5000)],
      ["c90000000cff000000000000000000000005", new Date(5000)],
    ];
    for (const [bytes, value] of forms) expectSame(decode(hex(bytes)), value);
  });

  test("integers that no number holds become BigInt", () => {
    expect(decode(hex("cf001fffffffffffff"))).toBe(2 ** 53 - 1);
    expect(decode(hex("cf0020000000000000"))).toBe(2n ** 53n);
    expect(decode(hex("cfffffffffffffffff"))).toBe(2n ** 64n - 1n);
    expect(decode(hex("d3ffe0000000000001"))).toBe(1 - 2 ** 53);
    expect(decode(hex("d38000000000000000"))).toBe(-(2n ** 63n));
  });

  test("a map of which some key is no text becomes a Map", () => {
    expectSame(
      decode(hex("8201a16102a162")),
      new Map([
        [1, "a"],
        [2, "b"],
      ]),
    );
    expectSame(
      decode(hex("83a1780103c0910405")),
      new Map<unknown, unknown>([
        ["x", 1],
        [3, null],
        [[4], 5],
      ]),
    );
  });

  test("nanoseconds are cut to the millisecond", () => {
    const bytes = msgpack.encode(msgpack.decode(hex("d7ff0000000400000001")));
    expect((decode(bytes) as Date).getTime()).toBe(1000);
    expect((decode(hex("c70cff3b9ac9ffffffffffffffffff")) as Date).getTime()).toBe(-1);
  });

  test("a repeated key: the last one counts", () => {
    expectSame(decode(hex("82a16101a16102")), { a: 2 });
  });
});

describe("other readers can step over what is not plain", () => {
  const ours = { m: new Map([["a", 1]]), s: new Set([1]), u: undefined, b: 5n, f: new Float64Array(2), end: "end" };

  test("@msgpack/msgpack sees extensions, and plain values around them", () => {
    const seen = msgpack.decode(encode(ours)) as Record<string, unknown>;
    expect(Object.keys(seen)).toEqual(Object.keys(ours));
    expect(seen.end).toBe("end");
    for (const key of ["m", "s", "u", "b", "f"]) expect(seen[key]).toBeInstanceOf(msgpack.ExtData);
  });

  test("and what a Map or Set holds is MessagePack again", () => {
    const seen = msgpack.decode(encode(ours)) as { m: msgpack.ExtData; s: msgpack.ExtData };
    expect(msgpack.decode(seen.m.data as Uint8Array)).toEqual({ a: 1 });
    expect(msgpack.decode(seen.s.data as Uint8Array)).toEqual([1]);
  });

  test("a whole graph is one extension", () => {
    const shared = {};
    const seen = msgpack.decode(encode([shared, shared])) as msgpack.ExtData;
    expect(seen.type).toBe(127);
    expect((seen.data as Uint8Array).toHex()).toBe("019280d40301");
  });
});
