import { describe, expect, test } from "bun:test";
import { decode, EncodeError, Encoder, encode } from "../../src/codec/index.ts";
import { expectSame } from "./same.ts";

/** More than is copied when it is met. */
const LARGE = 1 << 14;

function bytes(size: number): Uint8Array {
  return new Uint8Array(size).map((_, i) => i * 7);
}

describe("large pieces, which are put in last", () => {
  const values: Record<string, () => unknown> = {
    "one by itself": () => bytes(LARGE),
    "between small ones": () => [1, bytes(LARGE), "two", bytes(LARGE * 3), bytes(10), new Float64Array(LARGE)],
    "in containers whose size says so": () =>
      new Map<unknown, unknown>([[new Set([bytes(LARGE)]), new Set([1, bytes(LARGE)])]]),
    "in a graph": () => {
      const one = bytes(LARGE);
      return { one, again: one, other: new Uint16Array(one.buffer, 8), last: [bytes(LARGE)] };
    },
    "views of one buffer, of which the last shows most": () => {
      const { buffer } = bytes(LARGE * 4);
      return [new Uint8Array(buffer, LARGE, LARGE), new Uint8Array(buffer, 16, LARGE * 3), { buffer }];
    },
    "in records": () =>
      Array.from({ length: 70 }, (_, i) => ({ id: i, data: bytes(LARGE + i), set: new Set([i, bytes(LARGE)]) })),
    "far down": () => {
      let value: unknown = bytes(LARGE);
      for (let i = 0; i < 200; i++) value = i % 20 !== 0 ? new Set([value, i]) : [bytes(LARGE), value];
      return value;
    },
  };

  for (const [name, make] of Object.entries(values)) {
    test(name, () => {
      const value = make();
      const message = encode(value);
      expectSame(decode(message), value);
      const target = new Uint8Array(message.length + 100);
      const encoder = new Encoder({ bufferThreshold: Number.POSITIVE_INFINITY });
      expect(encoder.encodeInto(value, target)).toBe(message.length);
      expect(Buffer.compare(target.subarray(0, message.length), message)).toBe(0);
      expect(Buffer.compare(encoder.encode(value), message)).toBe(0);
      expect(message.byteLength).toBe(message.buffer.byteLength);
    });
  }

  test("one that is gone before the end is refused, and the encoder goes on", () => {
    const gone = bytes(LARGE);
    const value = {
      gone,
      get later() {
        (gone.buffer as ArrayBuffer).transfer();
        return 1;
      },
    };
    const encoder = new Encoder({ bufferThreshold: Number.POSITIVE_INFINITY });
    expect(() => encoder.encode(value)).toThrow(EncodeError);
    expect(encoder.encode([1]).toHex()).toBe("9101");
  });
});
