import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { root } from "../../scripts/paths.ts";
import {
  capture,
  DecodeError,
  deregisterSerializer,
  encode,
  explain,
  registerSerializer,
} from "../../src/codec/index.ts";
import { treeLines } from "../../src/codec/inspect/print-tree.ts";
import { type Part, readTree } from "../../src/codec/inspect/tree.ts";

const whole = { depth: Number.POSITIVE_INFINITY, items: Number.POSITIVE_INFINITY };

describe("explain", () => {
  class Money {
    constructor(readonly cents: number) {}
  }

  test("says for each part whether it is shared, copied, reduced, code or again, and its bytes", () => {
    registerSerializer(Money, { serialize: money => money.cents, deserialize: cents => new Money(cents as number) });
    const twice = { a: 1 };
    const value = {
      rows: new Float64Array(1000),
      small: new Uint8Array(10),
      price: new Money(5),
      first: twice,
      again: twice,
      fn: capture(
        () => twice,
        () => ({ twice }),
      ),
      buffer: [new ArrayBuffer(600)],
    };
    const explained = explain(value, { code: true });
    deregisterSerializer(Money);
    const how = Object.fromEntries(explained.parts.map(part => [part.path, part.how]));
    expect(how).toMatchObject({
      $: "copied",
      "$.rows": "shared",
      "$.small": "copied",
      "$.price": "reducer",
      "$.first": "copied",
      "$.again": "again",
      "$.fn": "code",
      "$.buffer": "copied",
      "$.buffer[0]": "shared",
    });
    const part = (path: string) => explained.parts.find(one => one.path === path)!;
    expect([part("$.rows").shared, part("$.rows").type, part("$.buffer").shared]).toEqual([
      8000,
      "Float64Array(1000)",
      600,
    ]);
    expect([part("$.small").bytes, part("$").shared, explained.shared]).toEqual([12, 8600, 8600]);
    expect(explained.bytes).toBe(encode(value.small).length + explained.bytes - 12);
    expect(String(explained)).toContain(".rows Float64Array(1000), shared: ");
    expect(Bun.inspect(explained)).toBe(String(explained));
  });

  test("the threshold is an option", () => {
    expect(explain(new Uint8Array(600)).shared).toBe(600);
    expect(explain(new Uint8Array(600), { bufferThreshold: 1000 }).shared).toBe(0);
  });

  test("the print is bounded", () => {
    const text = String(explain(Array.from({ length: 100_000 }, (_, i) => (i % 2 ? [i] : `${i}`))));
    expect(text.split("\n").length).toBeLessThan(40);
    expect(text).toContain("… 99,990 more");
  });
});

describe("the tree of a message", () => {
  const records = Array.from({ length: 100 }, (_, i) => ({ id: i, name: `n${i}`, when: new Date(i * 1000), x: i / 3 }));
  const ring: unknown[] = [1, "é", -0, 2n ** 70n, undefined, null, true];
  ring.push(ring, new Map([[1, ring]]), new Set(["a"]));
  const samples: unknown[] = [
    null,
    ring,
    records,
    new Map(records.map(one => [one.name, one])),
    new Set(records.map(one => one.id)),
    [new Error("e"), /x/g, new URL("https://a.b"), Object(1), Symbol.for("x"), new Date(Number.NaN), "\ud800"],
    [new Float32Array(2), new Uint8Array(9).subarray(3), new DataView(new ArrayBuffer(8)), Buffer.from("x")],
    Object.assign([1, 2], { extra: Object.freeze({ [Symbol.iterator]: 1 }) }),
    new Array(200_000),
  ];

  test("its bytes add up, whatever the value", () => {
    const check = (value: unknown) => {
      const message = encode(value, { code: true });
      const { root } = readTree(message, whole);
      expect(sumFits(root)).toBe(true);
      expect(message.length - root.bytes).toBeLessThan(8);
    };
    for (const sample of samples) check(sample);
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
          withSparseArray: true,
        }),
        check,
      ),
    );
  });

  function sumFits(part: Part): boolean {
    return part.bytes >= part.parts.reduce((sum, one) => sum + one.bytes, 0) && part.parts.every(sumFits);
  }

  test("names what it shows", () => {
    const lines = [...treeLines(readTree(encode(records), { depth: 3, items: 9 }))];
    expect(lines[0]).toBe(`$ array: ${encode(records).length} bytes`.replace(/(\d)(\d{3}) /, "$1,$2 "));
    expect(lines.filter(line => line.includes("packed")).map(line => line.trim().split(":")[0])).toEqual([
      "[].name texts, packed, 100 elements",
      "[].when Dates, packed, 100 elements Uint32Array",
      "[].x numbers, packed, 100 elements Float64Array",
    ]);
  });

  test("of 100,000 levels", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect([...treeLines(readTree(encode(deep), whole))].length).toBeGreaterThan(1000);
  });

  test("bad bytes are a DecodeError, and nothing else", () => {
    const bytes = encode(samples.slice(0, 7), { code: true });
    for (let end = 0; end < bytes.length; end += end < 500 ? 1 : 97) {
      expect(() => readTree(bytes.subarray(0, end), whole)).toThrow(DecodeError);
    }
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const changed = bytes.slice();
        changed[at] = byte;
        try {
          readTree(changed, whole);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 2000 },
    );
    expect(() => readTree(Uint8Array.fromHex("82a16101a16293c0"), whole)).toThrow("(byte 8, at $.b[1])");
  });
});

describe("PLASMID_CODEC_DEBUG", () => {
  function stderrOf(level: string): string {
    const program = `import { encode } from ${JSON.stringify(join(root, "src/codec/index.ts"))};
      encode({ a: [1], big: new Uint8Array(600) }, { buffers: [] });
      try { encode([new WeakMap()]) } catch {}`;
    const env = { ...process.env, PLASMID_CODEC_DEBUG: level };
    return Bun.spawnSync([process.execPath, "-e", program], { env }).stderr.toString();
  }

  test("2 tells what each message consists of, and why one failed; 1 only that; nothing by default", () => {
    const told = stderrOf("2");
    expect(told).toContain("plasmid codec: encoding { a: [Array], big: [Uint8Array] }");
    expect(told).toContain("plasmid codec:     .a array, 1 element: 2 bytes");
    expect(told).toContain("600 shared");
    expect(told).toContain("plasmid codec: failed: $[0]: WeakMap");
    expect(stderrOf("1").trim().split("\n")).toHaveLength(4);
    expect(stderrOf("")).toBe("");
  });
});
