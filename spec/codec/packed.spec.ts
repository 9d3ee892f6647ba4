import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DecodeError, Decoder, decode, encode } from "../../src/codec/index.ts";
import { expectSame } from "./same.ts";

const MIN = 64;
const EXT_GRAPH = 0x7f;
const PACKED = [0x19, 0x1a, 0x1b];

/** The extension type that a message starts with; of a graph, the one inside. */
function codeOf(bytes: Uint8Array): number {
  const inner = bytes[0] === 0xc7 ? 2 : 5;
  return bytes[inner] === EXT_GRAPH ? codeOf(bytes.subarray(inner + 2)) : bytes[inner]!;
}

function list<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function roundTrip(value: unknown, packed = true): Uint8Array {
  const bytes = encode(value);
  expect(PACKED.includes(codeOf(bytes))).toBe(packed);
  expectSame(decode(bytes), value);
  return bytes;
}

const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, Number.NaN, 2 ** 53, -(2 ** 31), 2 ** 31));
const text = fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: "binary", maxLength: 5 }));
const scalar = fc.oneof(number, text, fc.boolean(), fc.constant(null), fc.constant(undefined), fc.bigInt());
/** Values of a kind, so that there is a packed list for them, and now and then another. */
const column = fc.oneof(
  ...(
    [
      number,
      text,
      fc.integer({ min: -200, max: 300 }),
      fc.date({ noInvalidDate: false }),
      fc.boolean(),
    ] as fc.Arbitrary<unknown>[]
  ).map(of =>
    fc.oneof(
      fc.array(of, { minLength: MIN, maxLength: 90 }),
      fc.array(fc.oneof({ weight: 50, arbitrary: of }, scalar), {
        minLength: MIN,
        maxLength: 90,
      }),
    ),
  ),
);

describe("lists from 64 elements on are packed, and come back as they were", () => {
  test("whatever they hold", () => {
    fc.assert(
      fc.property(column, values => {
        expectSame(decode(encode(values)), values);
        expectSame(decode(encode(new Set(values))), new Set(values));
        expectSame(
          decode(encode(new Map(values.map((value, i) => [value, i])))),
          new Map(values.map((v, i) => [v, i])),
        );
      }),
    );
  });

  test("records of any columns", () => {
    const key = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom("__proto__", "toString", "1", "\ud800", 'a"\\\n'),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { maxLength: 5 }),
        fc.array(column, { minLength: 5, maxLength: 5 }),
        (keys, columns) => {
          const records = list(MIN, i => Object.fromEntries(keys.map((name, k) => [name, columns[k]![i]])));
          const large = list(9, () => structuredClone(records)).flat();
          for (const value of [records, large, [records, records]]) expectSame(decode(encode(value)), value);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("arrays of any elements, nulls among them", () => {
    const row = fc.option(
      fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(undefined), fc.double()), { maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: MIN, maxLength: 90 }), fc.nat({ max: 300 }), (rows, length) => {
        const long = [...rows, list(length, i => i)];
        for (const value of [rows, long, list(MIN, i => ({ id: i, row: long[i] })), [long, long, { rows }]]) {
          expectSame(decode(encode(value)), value);
        }
      }),
      { numRuns: 50 },
    );
    roundTrip(list(MIN, i => (i === 0 ? [] : [[i], [[i, "a"]]])));
    roundTrip(
      list(MIN, () => list(MIN + 1, i => i * 1000)),
      false,
    );
    for (const odd of [new Array(2), Object.assign([1], { named: 1 }), Object.freeze([1]), 5, { length: 1 }]) {
      roundTrip(
        list(MIN, i => (i === 9 ? odd : [i])),
        false,
      );
    }
  });

  test("getters of elements may change the arrays", () => {
    const rows: unknown[][] = list(MIN, i => [i, i]);
    Object.defineProperty(rows[10]!, 0, {
      enumerable: true,
      configurable: true,
      get: () => {
        rows[5]!.length = 0;
        rows[11]!.push(1, 2, 3);
        return "got";
      },
    });
    const back = decode(encode(rows)) as unknown[][];
    expect(back).toHaveLength(MIN);
    expect(back[10]).toEqual(["got", 10]);
    expect(back[63]).toEqual([63, 63]);
  });

  test("integers of each width, and doubles", () => {
    for (const far of [-0x21, -0x80, 0xff, -0x8000, 0xffff, -(2 ** 31), 2 ** 31 - 1]) {
      roundTrip(list(MIN, i => (i === 9 ? far : i)));
    }
    roundTrip(list(MIN, i => i + 0.5));
    roundTrip(list(MIN, i => (i % 2 === 0 ? 2 ** 40 : -0)));
    roundTrip(
      list(MIN, i => i),
      false,
    );
    roundTrip(
      list(MIN, i => (i === 9 ? 0.5 : i)),
      false,
    );
  });

  test("texts, nulls among them, of any length", () => {
    for (const length of [0, 1, 254, 255, 256]) roundTrip(list(100, i => (i === 7 ? "x".repeat(length) : `né${i}`)));
    roundTrip(list(100, i => (i % 3 === 0 ? null : `n${i}`)));
    roundTrip(
      list(100, i => (i === 7 ? "x".repeat(70_000) : "n")),
      false,
    );
  });

  test("halves of a surrogate pair that meet are still halves", () => {
    roundTrip(list(200, i => (i % 2 === 0 ? "a\ud83d" : "\ude00b")));
    roundTrip(
      list(200, i => (i % 2 === 0 ? "\ude00b" : "a\ud83d.")),
      false,
    );
  });

  test("texts that are not ASCII, over many windows", () => {
    for (const text of ["é", "☃", "😀", "a😀", "né☃😀"]) {
      for (let shift = 0; shift < 4; shift++) roundTrip(["x".repeat(shift), ...list(3000, i => text.repeat(i % 4))]);
    }
    roundTrip(list(100, i => "☃".repeat(i % 50 === 7 ? 9000 : i % 5)));
    roundTrip(list(3000, i => (i % 7 === 0 ? null : i % 3 === 0 ? "" : `né${i}`)));
    const long = fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { minLength: 500, maxLength: 700 });
    fc.assert(
      fc.property(long, texts => expectSame(decode(encode(texts)), texts)),
      { numRuns: 20 },
    );
  });

  test("halves that meet, over many windows", () => {
    roundTrip(list(6000, i => (i % 2 === 0 ? "a\ud83d" : "\ude00b")));
    roundTrip(
      list(6000, i => (i % 2 === 0 ? "\ud83d" : i % 99 === 0 ? null : "\ude00")),
      false,
    );
    roundTrip(list(6000, i => (i % 2 === 0 ? "é\ud83d" : i % 5 === 0 ? "\ude00b" : "\ude00")));
  });

  test("dates, invalid and repeated ones", () => {
    roundTrip(list(MIN, i => new Date(i * 1000)));
    roundTrip(list(MIN, i => new Date(i === 3 ? Number.NaN : -i)));
    const same = new Date(5);
    roundTrip(
      list(MIN, () => same),
      false,
    );
  });

  test("below 64, and in longer lists that don't fit, all is plain", () => {
    expect(encode(list(MIN - 1, i => i + 0.5))[0]).toBe(0xdc);
    expect(encode(list(MIN, i => (i === 60 ? { b: 1, a: 1 } : { a: 1, b: 1 })))[0]).toBe(0xdc);
    expect(encode(list(MIN, () => ({ a: 1 })))[0]).toBe(0xdc);
  });
});

describe("identity in packed lists", () => {
  test("arrays that hold each other, their list and themselves, and are referred to", () => {
    const rows: unknown[][] = list(100, i => [i]);
    for (const [i, row] of rows.entries()) row.push(rows[(i * 7) % 100], rows, row);
    roundTrip(rows);
    const { first } = decode(encode({ rows, first: rows[5] })) as { first: unknown[] };
    expect(first[0]).toBe(5);
    const one = [1];
    roundTrip(
      list(100, i => (i === 3 || i === 80 ? one : [i])),
      false,
    );
    roundTrip([one, list(100, i => (i === 3 ? one : [i]))], false);
  });

  test("records that refer to each other, to their list, and are referred to", () => {
    const nodes = list(300, i => ({ id: i, next: null as unknown, list: null as unknown, made: new Date(i) }));
    nodes.forEach((node, i) => {
      node.next = nodes[(i + 1) % 300];
      node.list = nodes;
    });
    roundTrip(nodes);
    const { first, made } = decode(encode({ nodes, first: nodes[5], made: nodes[6]!.made })) as Record<string, unknown>;
    expect((first as { id: number }).id).toBe(5);
    expect(made).toEqual(new Date(6));
  });

  test("back references of each width, and none", () => {
    for (const count of [100, 300, 70_000]) {
      const nodes = list(count, i => ({ id: i, next: null as unknown }));
      nodes.forEach((node, i) => {
        node.next = i % 3 === 1 ? null : nodes[(i * 7) % count];
      });
      roundTrip(nodes);
    }
  });

  test("an object that stands twice in the list, or stood before it", () => {
    const one = { a: 1, b: 2 };
    const records = list(100, i => (i === 50 || i === 70 ? one : { a: i, b: i }));
    expectSame(decode(encode(records)), records);
    const once = records.slice(0, 69);
    const values = [list(20, i => ({ i })), [one, once], once, { records }];
    expectSame(decode(encode(values)), values);
  });

  test("views of one buffer, in columns", () => {
    const { buffer } = new Uint8Array(800);
    const records = list(100, i => ({ id: i, view: new Float64Array(buffer, i * 8, 1), buffer }));
    const back = decode(encode(records)) as typeof records;
    expectSame(back, records);
    expect(back.every(one => one.view.buffer === back[0]!.buffer)).toBe(true);
  });

  test("a Map and a Set that hold themselves", () => {
    const map = new Map<unknown, unknown>(list(100, i => [`k${i}`, i === 50 ? null : i]));
    map.set("k50", map);
    expectSame(decode(encode(map)), map);
  });
});

describe("what is looked at only once", () => {
  test("getters of records may change what comes after", () => {
    const records: Record<string, unknown>[] = list(100, i => ({ a: i, b: i }));
    const next = records[11]!;
    Object.defineProperty(records[10]!, "a", {
      enumerable: true,
      get() {
        delete next.b;
        return "got";
      },
    });
    const back = decode(encode(records)) as typeof records;
    expect(back[10]).toEqual({ a: "got", b: 10 });
    expect(Object.keys(back[11]!)).toEqual(["a"]);
  });

  test("an element that answers differently the second time", () => {
    const array: unknown[] = list(100, i => i * 1000);
    let turn = 0;
    Object.defineProperty(array, 5, { enumerable: true, get: () => (turn++ === 0 ? 7 : { valueOf: () => 9 }) });
    expect((decode(encode(array)) as unknown[])[5]).toBe(7);
  });

  test("a proxy shows as what it shows", () => {
    const records = list(100, i => new Proxy({ a: i, b: i }, {}));
    expect(decode(encode(records))).toEqual(list(100, i => ({ a: i, b: i })));
  });
});

describe("nesting", () => {
  test("records in records", () => {
    roundTrip(list(600, i => ({ id: i, at: { x: i / 7, y: -i, in: { deep: `${i}`, i } } })));
  });

  test("deep down, where the stack is left", () => {
    let value: unknown = list(100, i => ({ a: i, b: `${i}` }));
    for (let i = 0; i < 1000; i++) value = i % 2 === 0 ? [value] : { value };
    expectSame(decode(encode(value)), value);
    for (let depth = 120; depth < 136; depth++) {
      let inner: unknown = list(100, i => ({ a: i, b: { c: i, d: `${i}` } }));
      for (let i = 0; i < depth; i++) inner = [inner];
      expectSame(decode(encode(inner)), inner);
    }
  });
});

describe("hostile bytes", () => {
  const keys = "92 a161 a162";
  const ext = (code: string, payload: string) => {
    const size = payload.replaceAll(" ", "").length / 2;
    return `c7 ${size.toString(16).padStart(2, "0")} ${code} ${payload}`;
  };
  const graph = (value: string) => ext("7f", `01 ${value}`);
  const array = (code: string, payload: string) => ext("19", ext(code, payload));
  const refused: [string, string, RegExp][] = [
    ["a packed list by itself", "c7 02 05 01 01", /outside of a packed container/],
    ["a packed array of a plain one", ext("19", "91 01"), /a packed list is expected/],
    ["another extension in it", array("00", "00 00"), /extension type 0 where a packed list/],
    ["numbers without a kind", array("05", ""), /without a payload/],
    ["numbers of a kind that is none", array("05", "07 01 01"), /of kind 7/],
    ["half a number", array("05", "09 01"), /no whole number/],
    ["more texts than bytes", array("06", "01 ce ff ff ff ff a0"), /more than may still come/],
    ["texts whose lengths lie", array("06", "01 02 01 05 a2 61 62"), /other lengths/],
    ["texts that are no UTF-8", array("06", "01 02 01 01 a2 61 80"), /other lengths/],
    ["texts of a kind that is none", array("06", "09 02 01 01 a2 61 62"), /of kind 9/],
    ["texts that end elsewhere", array("06", "01 02 01 01 a1 61 62"), /end elsewhere/],
    ["a date beyond all", array("07", "09 00 00 00 00 00 00 f0 7f"), /beyond what a Date can hold/],
    ["dates of a kind that is none", array("07", "05 00 00 00 00"), /of kind 5/],
    ["records of one key", array("08", "91 a1 61 01 91 01"), /keys; they have 2/],
    ["a key twice", array("08", "92 a161 a161 01 91 01 91 01"), /stands twice/],
    ["lists of other lengths", array("08", `${keys} 01 91 01 92 01 01`), /2 values for 1 records/],
    ["records without end", array("08", `${keys} ce ff ff ff ff 91 01`), /more than may still come/],
    ["arrays of kinds that are none", array("0c", "02 01 00 90"), /of kind 2/],
    ["more arrays than bytes", array("0c", "01 ce ff ff ff ff 90"), /more than may still come/],
    ["arrays cut off in their lengths", array("0c", "04 05 00 00 90"), /cut off/],
    ["arrays of fewer elements than they say", array("0c", "01 02 01 02 92 01 02"), /2 values for arrays of 3/],
    ["arrays that end elsewhere", array("0c", "01 01 01 91 01 01"), /end elsewhere/],
    ["arrays by themselves", "c7 04 0c 01 01 00 90", /outside of a packed container/],
    ["back references without a graph", array("09", "01 00"), /does not announce any/],
    ["a Map of fewer values than keys", ext("1a", "92 01 02 91 01"), /2 keys and 1 values/],
    ["a key twice in a Map", ext("1a", "92 01 01 92 01 02"), /stands twice/],
    ["a member twice in a Set", ext("1b", "92 01 01"), /stands twice/],
    ["back references of no size", graph(array("09", "")), /without a payload/],
    ["a dangling back reference", graph(array("09", "01 05")), /only 1 came before/],
    ["a list in itself, half made", graph(array("09", "01 00")), /not complete/],
    ["records that outnumber the bytes", graph(array("08", `${keys} ce 00 ff ff ff`)), /more than may/],
  ];

  for (const [about, hex, message] of refused) {
    test(about, () => {
      const bytes = Uint8Array.fromHex(hex.replaceAll(" ", ""));
      expect(() => decode(bytes)).toThrow(DecodeError);
      expect(() => decode(bytes)).toThrow(message);
    });
  }

  test("texts that are not ASCII, of lengths that lie, over many windows", () => {
    const bytes = encode(list(3000, i => `né😀${i % 10}`));
    const lengths = bytes.indexOf(5, 20);
    expect(() => decode(bytes.with(lengths + 2000, 4))).toThrow(/other lengths/);
    expect(() => decode(bytes.with(lengths + 2000, 6))).toThrow(/other lengths/);
    // As many as there are, but one begins in the middle of a character.
    expect(decode(bytes.with(lengths + 2000, 4).with(lengths + 2001, 6))).toHaveLength(3000);
    expect(() => decode(bytes.with(bytes.length - 20_000, 0x80))).toThrow(/not UTF-8/);
  });

  test("a message cut off anywhere, or changed in any byte, is refused or is another value", () => {
    const nodes = list(70, i => ({ id: i * 999, name: `né${i}`, made: new Date(i), next: null as unknown }));
    for (const node of nodes) node.next = nodes[(node.id + 5) % 70];
    const value = { nodes, map: new Map(list(64, i => [`k${i}`, i / 3])), set: new Set(list(64, i => `s${i}`)) };
    const decoder = new Decoder();
    const bytes = encode(value);
    const attempt = (message: Uint8Array) => {
      try {
        decoder.decode(message);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    };
    for (let end = 0; end < bytes.length; end++) attempt(bytes.slice(0, end));
    for (let at = 0; at < bytes.length; at++) {
      for (const byte of [0, 1, 0x7f, 0x80, 0xff, bytes[at]! ^ 1]) {
        const changed = bytes.slice();
        changed[at] = byte;
        attempt(changed);
      }
    }
    expectSame(decoder.decode(bytes), value);
  });
});
