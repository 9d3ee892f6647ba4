import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  DecodeError,
  Decoder,
  decode,
  deregisterSerializer,
  EncodeError,
  Encoder,
  encode,
  registerSerializer,
} from "../../src/codec/index.ts";
import { expectSame } from "./same.ts";
import { samples } from "./samples.ts";

/** A list of a kind that is packed, of which one element is an accessor that does something first. */
function interrupted(elements: readonly unknown[], act: () => void): unknown[] {
  const list = [...elements];
  const at = list.length >> 1;
  const element = list[at];
  const get = () => {
    act();
    return element;
  };
  return Object.defineProperty(list, at, { get, enumerable: true, configurable: true });
}

const row = (make: (i: number) => unknown) => Array.from({ length: 100 }, (_, i) => make(i));
const lists: Readonly<Record<string, () => unknown[]>> = {
  integers: () => row(i => i * 1000),
  doubles: () => row(i => i / 3),
  texts: () => row(i => `text ${i}`),
  "long texts": () => row(i => "é".repeat(300 + i)),
  dates: () => row(i => new Date(i)),
  records: () => row(i => ({ id: i, name: `n${i}`, at: new Date(i) })),
};

describe("encoding inside of encoding", () => {
  for (const [name, make] of Object.entries(lists)) {
    test(`by an accessor among ${name}`, () => {
      const encoder = new Encoder();
      const others = Object.values(lists).map(other => other());
      const busy = interrupted(make(), () => {
        for (const other of others) {
          encode(other.with(0, other[1]));
          encoder.encode([other, other]);
          expectSame(decode(encode(other)), other);
        }
      });
      expectSame(decode(encode(busy)), make());
      expectSame(decode(encoder.encode({ busy })), { busy: make() });
    });

    test(`and one that throws among ${name}`, () => {
      const encoder = new Encoder();
      const thrown = new Error("mine");
      const bad = interrupted(make(), () => {
        throw thrown;
      });
      for (const run of [() => encode(bad), () => encoder.encode({ deep: [bad] })]) expect(run).toThrow(thrown);
      expectSame(decode(encode(make())), make());
      expectSame(decode(encoder.encode(make())), make());
      expect(encoder.encode([{}, {}]).toHex()).toBe("928080");
    });
  }

  test("every sample, by a getter of a member that comes after it", () => {
    for (const { make } of samples) {
      const value = make();
      const busy = {
        value,
        get again() {
          encode([value, value]);
          return value;
        },
        end: 1,
      };
      const back = decode(encode(busy)) as Record<string, unknown>;
      expectSame(back, { value, again: value, end: 1 });
    }
  });
});

describe("what changes while it is encoded", () => {
  test("an array that an element makes longer or shorter", () => {
    for (const [name, make] of Object.entries(lists)) {
      const grown: unknown[] = interrupted(make(), () => grown.push("more"));
      const cut: unknown[] = interrupted(make(), () => {
        cut.length = 60;
      });
      for (const value of [grown, cut]) {
        const back = decode(encode(value)) as unknown[];
        expect([name, Array.isArray(back)]).toEqual([name, true]);
      }
    }
  });

  test("members that come, go, and change their kind", () => {
    const value: Record<string, unknown> = {};
    Object.defineProperty(value, "a", {
      enumerable: true,
      get() {
        Reflect.deleteProperty(value, "b");
        value.c = new Map([[value, 1]]);
        value.d = 1;
        return value.c;
      },
    });
    Object.assign(value, { b: 1, c: 2 });
    const back = decode(encode(value)) as Record<string, unknown>;
    expect(Object.keys(back)).toEqual(["a", "b", "c"]);
    expect(back.c).toBe(back.a);
  });

  test("a Map and a Set that grow while they are walked", () => {
    const map = new Map<unknown, unknown>();
    const greedy = {
      get a() {
        map.set({}, map.size);
        return 1;
      },
    };
    map.set("greedy", greedy);
    expect((decode(encode(map)) as Map<unknown, unknown>).size).toBe(1);
  });

  test("a Proxy that answers otherwise each time gives a message, or an error of its own", () => {
    let calls = 0;
    const shifty = new Proxy({} as Record<string, unknown>, {
      ownKeys: () => (calls++ % 2 === 0 ? ["a", "b"] : ["b"]),
      getOwnPropertyDescriptor: (_, key) =>
        calls % 3 === 0 ? undefined : { value: String(key), enumerable: true, configurable: true },
      get: (_, key) => (calls++ % 2 === 0 ? [key] : undefined),
    });
    for (let i = 0; i < 50; i++) {
      let bytes: Uint8Array;
      try {
        bytes = encode([shifty, shifty, { shifty }]);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        continue;
      }
      expect(() => decode(bytes)).not.toThrow();
    }
  });
});

describe("what a Proxy says of its length", () => {
  const lying = (length: unknown) =>
    new Proxy([1, 2], { get: (array, key) => (key === "length" ? length : Reflect.get(array, key)) });
  const deep = (value: unknown) => {
    let around = value;
    for (let i = 0; i < 200; i++) around = [around];
    return around;
  };

  test("is refused if it is none", () => {
    for (const length of [-5, Number.NaN, 2.5, "2", 2 ** 32, undefined]) {
      expect(() => encode(lying(length))).toThrow(EncodeError);
      expect(() => encode(deep(lying(length)))).toThrow(EncodeError);
      expect(() => encode(lying(length), { standard: true })).toThrow(EncodeError);
    }
    expect(decode(encode(lying(1)))).toEqual([1]);
  });
});

describe("serializers that use the codec", () => {
  class Wrapped {
    constructor(readonly inner: unknown) {}
  }
  const encoder = new Encoder();
  const decoder = new Decoder();
  let mood: "well" | "fails to write" | "fails to read" = "well";

  beforeAll(() =>
    registerSerializer(Wrapped, {
      name: "spec.Wrapped",
      serialize({ inner }) {
        if (mood === "fails to write") throw new RangeError("mine");
        return [encoder.encode(inner), encode([inner, inner])];
      },
      deserialize(data) {
        if (mood === "fails to read") throw new RangeError("mine");
        const [one, two] = data as [Uint8Array, Uint8Array];
        expect(() => decoder.decode(new Uint8Array([0xc1]))).toThrow("never uses");
        expectSame((decode(two) as [unknown, unknown])[0], decoder.decode(one));
        return new Wrapped(decoder.decode(one));
      },
    }),
  );
  afterAll(() => deregisterSerializer(Wrapped));

  test("inside of one another", () => {
    const value = [new Wrapped(new Wrapped({ a: [1] })), new Map([["k", new Wrapped(new Date(1))]])];
    expectSame(decoder.decode(encoder.encode(value)), value);
    expectSame(decode(encode([value, value])), [value, value]);
  });

  test("and leave all as good as new when they throw", () => {
    const bytes = encoder.encode([{}, new Wrapped(1)]);
    mood = "fails to write";
    expect(() => encoder.encode([{}, new Wrapped(1)])).toThrow("mine");
    expect(() => encode({ a: new Wrapped(1) })).toThrow("mine");
    mood = "fails to read";
    for (const run of [() => decoder.decode(bytes), () => decode(bytes)]) {
      expect(run).toThrow(DecodeError);
      expect(run).toThrow("mine");
    }
    mood = "well";
    expectSame(decoder.decode(encoder.encode([{}, new Wrapped(1)])), [{}, new Wrapped(1)]);
    expect(encode([{}, {}]).toHex()).toBe("928080");
  });
});

describe("decoding inside of decoding", () => {
  test("by a getter of the table of buffers", () => {
    const decoder = new Decoder();
    const outer: Uint8Array[] = [];
    const message = encode([new Float64Array(100), { a: 1 }], { buffers: outer });
    const given = Object.defineProperty([] as Uint8Array[], 0, {
      get() {
        for (const { make } of samples) expectSame(decoder.decode(encode(make())), make());
        expect(() => decoder.decode(new Uint8Array([0xc1]))).toThrow("never uses");
        return outer[0];
      },
    });
    expectSame(decoder.decode(message, given), [new Float64Array(100), { a: 1 }]);
  });
});
