import { describe, expect, test } from "bun:test";
import { DecodeError, Decoder, decode, EncodeError, Encoder, encode } from "../../src/codec/index.ts";
import { expectSame } from "./same.ts";

const REF = Symbol.for("plasmid.ref");

class Ref {
  constructor(readonly id: number) {}
  get [REF](): true {
    return true;
  }
}

describe("encodeInto", () => {
  const target = new Uint8Array(65_536);

  test("writes what encode gives, to the start of the target", () => {
    const encoder = new Encoder();
    const shared = {};
    for (const value of [1, "text", { a: [1.5, -0] }, [shared, shared], new Map([[1, new Date(5)]]), [1n, new Set()]]) {
      const end = encoder.encodeInto(value, target);
      expect(target.slice(0, end)).toEqual(encode(value));
      expectSame(new Decoder().decodeFrom(target, 0, end, null, null), value);
    }
  });

  test("says -1 when it does not fit, at any size of the target; then encode does", () => {
    const shared = [1.5];
    const value = [
      shared,
      "héllo wörld, long enough",
      new Uint8Array(9),
      shared,
      { a: new Map([[1n, new Date(5)]]) },
      "x".repeat(40),
    ];
    const whole = encode(value);
    const encoder = new Encoder();
    for (let size = 0; size < whole.length; size++) {
      const small = new Uint8Array(whole.length + 8).fill(0xee);
      expect(encoder.encodeInto(value, small.subarray(0, size))).toBe(-1);
      expect(small.subarray(size).every(byte => byte === 0xee)).toBe(true);
      if (size % 10 === 0) expect(encoder.encode(value)).toEqual(whole);
    }
    // Room for one number is asked for as nine bytes, so a few to spare may be wanted.
    expect(encoder.encodeInto(value, new Uint8Array(whole.length + 16))).toBe(whole.length);
  });

  test("long text fits if its bytes do", () => {
    const text = "a".repeat(65_000);
    expect(new Encoder().encodeInto(text, target)).toBe(65_003);
  });

  test("a target inside of a larger buffer", () => {
    const memory = new Uint8Array(200).fill(0xee);
    const end = new Encoder().encodeInto([1.5, 2 ** 40, -70_000], memory.subarray(100, 180));
    expect(memory.slice(100, 100 + end)).toEqual(encode([1.5, 2 ** 40, -70_000]));
    expect(memory.subarray(0, 100).every(byte => byte === 0xee)).toBe(true);
  });

  test("changes freely between targets and memory of its own", () => {
    const encoder = new Encoder();
    const other = new Uint8Array(100);
    const value = [1.5, "x"];
    for (let i = 0; i < 3; i++) {
      expect(target.slice(0, encoder.encodeInto(value, target))).toEqual(encode(value));
      expect(other.slice(0, encoder.encodeInto(value, other))).toEqual(encode(value));
      expect(encoder.encode(value)).toEqual(encode(value));
      expect(encoder.encode("y".repeat(100_000)).length).toBe(100_005);
    }
  });
});

describe("buffers and references of the last call", () => {
  test("buffers, from the threshold on, emptied each time", () => {
    const encoder = new Encoder({ bufferThreshold: 100 });
    const target = new Uint8Array(1000);
    const large = new Uint8Array(100);
    encoder.encodeInto([large, new Uint8Array(99)], target);
    expect(encoder.buffers).toEqual([large]);
    encoder.encode([large, large.slice()]);
    expect(encoder.buffers.length).toBe(2);
    encoder.encodeInto(1, target);
    expect(encoder.buffers).toEqual([]);
    expect(new Encoder().bufferThreshold).toBe(512);
    expect(new Encoder({ bufferThreshold: Number.POSITIVE_INFINITY }).encode(new Uint8Array(5000)).length).toBe(5003);
  });

  test("references, each once, in order of first appearance", () => {
    const encoder = new Encoder();
    encoder.acceptReferences = true;
    const refs = Array.from({ length: 300 }, (_, i) => new Ref(i));
    const value = { list: [...refs, ...refs.toReversed()], again: refs[7], map: new Map([[refs[299], refs[0]]]) };
    const message = encoder.encode(value);
    expect(encoder.references).toEqual(refs);
    expectSame(new Decoder().decode(message, null, encoder.references), value);
    encoder.encodeInto([1], new Uint8Array(100));
    expect(encoder.references).toEqual([]);
  });

  test("a plain object may be a reference too", () => {
    const encoder = new Encoder({ acceptReferences: true });
    const ref = { [REF]: true, id: 7 };
    expect(encoder.encode([ref]).toHex()).toBe("91d40400");
    expect(encoder.references).toEqual([ref]);
    expect(decode(encode({ [REF]: false, id: 7 }))).toEqual({ [REF]: false, id: 7 });
  });

  test("far down as well", () => {
    const encoder = new Encoder({ acceptReferences: true });
    let value: unknown = new Ref(0);
    for (let i = 0; i < 500; i++) value = [value];
    encoder.encode(value);
    expect(encoder.references.length).toBe(1);
  });

  test("encode numbers them by `references.index`", () => {
    const ref = new Ref(1);
    const asked: object[] = [];
    const references = {
      index(one: object) {
        asked.push(one);
        return 70_000;
      },
    };
    const message = encode([ref], { references });
    expect(asked).toEqual([ref]);
    expect(message.toHex()).toBe("91d60400011170");
    const table = [];
    table[70_000] = ref;
    expect(decode(message, { references: table })).toEqual([ref]);
    for (const index of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(() => encode([ref], { references: { index: () => index } })).toThrow("no index");
    }
  });

  test("refused without a table", () => {
    expect(() => new Encoder().encode([new Ref(1)])).toThrow(EncodeError);
    expect(() => encode({ a: new Ref(1) })).toThrow("give it a store");
  });
});

describe("an encoder called from within", () => {
  const target = new Uint8Array(65_536);
  const inner = { deep: [new Uint8Array(600), new Ref(2)] };

  function outer(call: () => void) {
    const shared = [1];
    return {
      a: shared,
      first: new Uint8Array(700),
      ref: new Ref(1),
      get b() {
        call();
        return "from the getter";
      },
      c: shared,
      last: new Uint8Array(800),
      other: new Ref(3),
    };
  }

  test("encodeInto says -1, and encode gives a message of its own, with its buffers and references", () => {
    const encoder = new Encoder({ acceptReferences: true });
    let calls = 0;
    const value = outer(() => {
      calls++;
      const before = target.slice();
      expect(encoder.encodeInto(inner, target)).toBe(-1);
      expect(target).toEqual(before);
      const message = encoder.encode(inner);
      expect(encoder.buffers).toEqual([inner.deep[0] as Uint8Array]);
      expect(encoder.references).toEqual([inner.deep[1] as Ref]);
      expectSame(new Decoder().decode(message, encoder.buffers, encoder.references), inner);
    });
    const end = encoder.encodeInto(value, target);
    expect(calls).toBe(1);
    expect(encoder.buffers.map(one => one.length)).toEqual([700, 800]);
    expect(encoder.references).toEqual([value.ref, value.other]);
    const back = new Decoder().decodeFrom(target, 0, end, encoder.buffers, encoder.references) as typeof value;
    expect(back.b).toBe("from the getter");
    expect(back.a).toBe(back.c);
    expect(back.last.length).toBe(800);
  });

  test("encode calls encode", () => {
    const value = {
      a: { x: 1 },
      get b() {
        return encode([this.a, this.a, "inner"]);
      },
      get c() {
        try {
          return encode(() => 1);
        } catch {
          return "refused";
        }
      },
    };
    const back = decode(encode([value, value.a])) as [typeof value, object];
    expect(back[0].a).toBe(back[1] as typeof value.a);
    const twice = { x: 1 };
    expectSame(decode(back[0].b), [twice, twice, "inner"]);
    expect(back[0].c as unknown).toBe("refused");
  });

  test("decode in a table's getter", () => {
    const decoder = new Decoder();
    const message = encode([1, new Ref(1), [2]], { references: { index: () => 0 } });
    const table = {
      length: 1,
      get 0() {
        return decoder.decodeFrom(encode({ inner: [3] }), 0, 9, null, null);
      },
    };
    expect(decoder.decode(message, null, table)).toEqual([1, { inner: [3] }, [2]]);
  });
});

describe("a decoder", () => {
  test("reads between any two places", () => {
    const memory = new Uint8Array(100).fill(0xc1);
    const message = encode([1, "two", 3.5]);
    memory.set(message, 40);
    const decoder = new Decoder();
    expect(decoder.decodeFrom(memory, 40, 40 + message.length, null, null)).toEqual([1, "two", 3.5]);
    expect(() => decoder.decodeFrom(memory, 40, 41 + message.length, null, null)).toThrow(DecodeError);
    expect(() => decoder.decodeFrom(memory, 40, 40, null, null)).toThrow("cut off");
    expect(() => decoder.decodeFrom(memory, 40, 101, null, null)).toThrow(RangeError);
    expect(() => decode(memory.buffer as unknown as Uint8Array)).toThrow(TypeError);
  });

  test("reads text anew after the bytes under it changed", () => {
    const memory = encode(["same", "size"]);
    const decoder = new Decoder();
    const first = decoder.decodeFrom(memory, 0, memory.length, null, null);
    memory.set(encode(["else", "here"]));
    expect(decoder.decodeFrom(memory, 0, memory.length, null, null)).toEqual(["else", "here"]);
    expect(first).toEqual(["same", "size"]);
  });

  test("an encoder does not keep what it encoded alive", async () => {
    const encoder = new Encoder({ acceptReferences: true });
    const target = new Uint8Array(65_536);
    const made = () => Array.from({ length: 20 }, () => ({ big: new Uint8Array(10) }));
    const weak = (() => {
      const value = made();
      encoder.encodeInto(value, target);
      return new WeakRef(value);
    })();
    for (let i = 0; i < 5 && weak.deref() !== undefined; i++) {
      await Bun.sleep(1);
      Bun.gc(true);
    }
    expect(weak.deref()).toBeUndefined();
  });
});
