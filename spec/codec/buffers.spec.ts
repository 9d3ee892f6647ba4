import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decode, EncodeError, encode } from "../../src/codec/index.ts";
import { TYPED_ARRAYS } from "../../src/codec/typed-array.ts";
import { difference } from "./isomorphic.ts";
import { name, unnameAfterEach } from "./named.ts";
import { encodeError } from "./refused.ts";
import { expectSame } from "./same.ts";
import type { ViewClass } from "./values.ts";

unnameAfterEach();

const ROUND = <T>(value: T): T => decode(encode(value)) as T;

describe("views and their buffers", () => {
  test("two views on one buffer stay two views on one buffer", () => {
    const buffer = new ArrayBuffer(32);
    const value = { bytes: new Uint8Array(buffer), doubles: new Float64Array(buffer, 8, 2), buffer };
    const back = ROUND(value);
    expectSame(back, value);
    expect(back.doubles.buffer).toBe(back.buffer);
    expect(back.doubles.byteOffset).toBe(8);
    back.doubles[0] = 1.5;
    expect(back.bytes[15]).toBe(0x3f);
  });

  test("a view keeps every bit, however short it is, and its bytes are its own", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...TYPED_ARRAYS),
        fc.nat(12),
        fc.nat(7),
        fc.infiniteStream(fc.nat(255)),
        (type, length, shift, bits) => {
          const { BYTES_PER_ELEMENT: width } = type as unknown as { BYTES_PER_ELEMENT: number };
          const bytes = Uint8Array.from(bits.take(length * width));
          // The most of a float's bits that make it a NaN are in its last two bytes.
          if (length > 2 && width > 1) bytes.fill(0xff, width - 2, width);
          const message = encode(new type(bytes.buffer, 0, length));
          const window = new Uint8Array(shift + message.length);
          window.set(message, shift);
          const view = decode(window.subarray(shift)) as Uint8Array;
          window.fill(0);
          expect(Object.getPrototypeOf(view)).toBe(type.prototype);
          expect(view.byteOffset).toBe(0);
          expect(view.buffer.byteLength).toBe(bytes.length);
          expect(new Uint8Array(view.buffer)).toEqual(bytes);
        },
      ),
    );
  });

  test("a buffer with more to it is kept before its views, refused behind them, never handed out", () => {
    class Page extends ArrayBuffer {}
    name("Page", Page);
    const make = [
      () => Object.assign(new ArrayBuffer(1000), { note: 1 }),
      () => Object.freeze(new ArrayBuffer(1000)),
      () => new Page(1000),
    ];
    for (const one of make) {
      const buffer = one();
      const buffers: Uint8Array[] = [];
      const bytes = encode([buffer, new Uint8Array(buffer), buffer], { buffers });
      expect(buffers).toEqual([]);
      expect(difference(decode(bytes), [buffer, new Uint8Array(buffer), buffer])).toBeNull();
      const error = encodeError({ views: [new Uint8Array(buffer)], buffer });
      expect(error.path).toBe("$.buffer");
      expect(error.message).toContain("put it before its views");
      expect(ROUND([new Uint8Array(buffer)])[0]!.length).toBe(1000);
    }
    // What a decoder is given is not changed by a message.
    const given = new Uint8Array(8);
    const hostile = Uint8Array.fromHex("c9000000090b96d41200c000a137a16101");
    expect(() => decode(hostile, { buffers: [given] })).toThrow("only to what the message itself holds");
    expect(Object.keys(given.buffer)).toEqual([]);
  });

  test("whichever comes first: the buffer, the whole or a part", () => {
    const buffer = new Uint8Array(64).map((_, i) => i).buffer;
    const parts = [
      buffer,
      new Uint8Array(buffer),
      new Uint8Array(buffer, 3, 5),
      new Float64Array(buffer, 16, 3),
      new DataView(buffer, 1, 2),
      Buffer.from(buffer, 40),
    ];
    for (const a of parts) {
      for (const b of parts) {
        for (const c of parts) {
          const value = [a, b, c];
          const back = ROUND(value);
          value.forEach((part, i) => {
            const other = back[i]!;
            expect(Object.getPrototypeOf(other)).toBe(Object.getPrototypeOf(part));
            expect(bytesOf(other)).toEqual(bytesOf(part));
            expect(bufferOf(other)).toBe(bufferOf(back[0]!));
            value.forEach((twin, j) => {
              expect(offsetOf(back[j]!) - offsetOf(other)).toBe(offsetOf(twin) - offsetOf(part));
              expect(back[j] === other).toBe(twin === part);
            });
          });
        }
      }
    }
  });

  test("lists of views, each of a buffer of its own or not, and what refers to them", () => {
    const kinds = [Float64Array, Uint8Array, BigInt64Array, Int16Array, Float32Array];
    const make = fc.constantFrom(...(kinds as unknown as ViewClass[])).chain(Kind => {
      const one = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 4 });
      return fc
        .array(one, { minLength: 8, maxLength: 80 })
        .map(all => all.map(from => new Kind(new ArrayBuffer(from.length * 8))));
    });
    const odd = fc.constantFrom("none", "again", "part", "buffer", "buffer first", "named", "kind", "empty", "number");
    fc.assert(
      fc.property(make, odd, fc.nat(), fc.boolean(), (views, oddity, seed, distinct) => {
        if (distinct) for (const [i, { buffer }] of views.entries()) new Uint8Array(buffer as ArrayBuffer)[0] = i + 1;
        const at = seed % views.length;
        const [view, other] = [views[at]!, views[(at + 1) % views.length]!];
        const list: unknown[] = views.slice();
        if (oddity === "again") list[at] = other;
        if (oddity === "part") list[at] = new Uint8Array(other.buffer, 1, 2);
        if (oddity === "named") Object.assign(view, { named: 1 });
        if (oddity === "kind") list[at] = new Uint16Array([1, 2]);
        if (oddity === "empty") list[at] = new Float64Array(0);
        if (oddity === "number") list[at] = 5;
        const value = {
          before: oddity === "buffer first" ? view.buffer : null,
          list,
          rows: list.map((of, i) => ({ i, of })),
        };
        const after =
          oddity === "buffer" ? [view.buffer, value, new Uint8Array(view.buffer as ArrayBuffer, 1)] : [view, value];
        for (const bufferThreshold of [Number.POSITIVE_INFINITY, 16]) {
          const buffers: Uint8Array[] = [];
          expectSame(decode(encode([value, after], { buffers, bufferThreshold }), { buffers }), [value, after]);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("a list of what only looks like views of its kind", () => {
    const views: object[] = Array.from({ length: 20 }, (_, i) => new Float64Array([i]));
    views[7] = Object.setPrototypeOf(new DataView(new ArrayBuffer(8)), Float64Array.prototype) as object;
    expect(() => encode(views)).toThrow(EncodeError);
    views[7] = new Float64Array([7]);
    structuredClone(views[7], { transfer: [(views[7] as Float64Array<ArrayBuffer>).buffer] });
    expect(() => encode(views)).toThrow("$[7]");
  });

  test("only the bytes that the value shows are written", () => {
    const large = new Uint8Array(1_000_000);
    expect(encode(large.subarray(500, 510)).length).toBe(12);
    expect(encode([large.subarray(500, 510), large.subarray(520, 530)]).length).toBeLessThan(80);
    expect(ROUND(large.subarray(500, 510)).buffer.byteLength).toBe(10);
  });

  test("any views on one buffer, and out of band as well", () => {
    const buffer = new Uint8Array(256).map((_, i) => i).buffer;
    const some = fc.tuple(
      fc.constantFrom<ViewClass[]>(Uint8Array, Int16Array, Float64Array, DataView, BigInt64Array),
      fc.nat(31),
      fc.nat(31),
    );
    fc.assert(
      fc.property(
        fc.array(some, { maxLength: 6 }),
        fc.constantFrom(0, 40, Number.POSITIVE_INFINITY),
        (picks, threshold) => {
          const value = picks.map(([View, from, size]) => new View(buffer, from * 8, Math.min(size, 31 - from)));
          const buffers: Uint8Array[] = [];
          const back = decode(encode(value, { buffers, bufferThreshold: threshold }), { buffers }) as typeof value;
          value.forEach((view, i) => {
            expect(bytesOf(back[i]!)).toEqual(bytesOf(view));
            expect(back[i]!.buffer).toBe(back[0]!.buffer);
            expect(back[i]!.byteOffset - back[0]!.byteOffset).toBe(view.byteOffset - value[0]!.byteOffset);
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a first view that starts where another kind can't", () => {
    const buffer = new Uint8Array(32).map((_, i) => i).buffer;
    const [bytes, doubles] = ROUND([new Uint8Array(buffer, 4, 20), new Float64Array(buffer, 8, 1)] as const);
    expect(bytesOf(bytes)).toBe(bytesOf(new Uint8Array(buffer, 4, 20)));
    expect(bytesOf(doubles)).toBe(bytesOf(new Uint8Array(buffer, 8, 8)));
    expect(doubles.buffer).toBe(bytes.buffer);
  });

  test("a getter that gives another view the second time", () => {
    const buffer = new ArrayBuffer(64);
    let calls = 0;
    const value = [new Uint8Array(buffer, 16, 4), new Uint8Array(buffer, 24, 4), 0];
    Object.defineProperty(value, 2, { get: () => new Uint8Array(buffer, calls++ * 40, 4), enumerable: true });
    expect(() => encode(value)).toThrow(EncodeError);
    expect(calls).toBe(2);
  });

  test("the message may be in a Buffer, or in shared memory", () => {
    const value = [new Uint8Array([1, 2]), new Float32Array([3]), new Uint8Array([4]).buffer];
    const message = encode(value);
    const shared = new Uint8Array(new SharedArrayBuffer(message.length));
    shared.set(message);
    for (const source of [Buffer.from(message), shared, Buffer.from(shared.buffer)]) {
      const back = decode(source) as typeof value;
      source.fill(0xff);
      expectSame(back, value);
      shared.set(message);
    }
  });

  test("decoded views own their memory", () => {
    const message = encode([new Uint8Array([1, 2]), new Float32Array([3]), new Uint8Array([4]).buffer]);
    const [bytes, floats, buffer] = decode(message) as [Uint8Array, Float32Array, ArrayBuffer];
    message.fill(0xff);
    expect([...bytes, ...floats, ...new Uint8Array(buffer)]).toEqual([1, 2, 3, 4]);
    expect(bytes.buffer.byteLength).toBe(2);
  });

  test("elements are little-endian on the wire", () => {
    expect(encode(new Uint16Array([0x0102])).toHex()).toBe("c70314040201");
  });
});

describe("buffers out of band", () => {
  test("are handed out, not copied, and views are built on those given", () => {
    const rows = new Float64Array(1000).map((_, i) => i);
    const buffers: Uint8Array[] = [];
    const message = encode({ rows, small: new Uint8Array(10) }, { buffers });
    expect(message.length).toBeLessThan(50);
    expect(buffers.length).toBe(1);
    expect(buffers[0]!.buffer).toBe(rows.buffer);
    const back = decode(message, { buffers }) as { rows: Float64Array };
    expect(back.rows.buffer).toBe(rows.buffer);
    expectSame(back, { rows, small: new Uint8Array(10) });
  });

  test("from the threshold on", () => {
    const count = (bytes: number, bufferThreshold?: number) => {
      const buffers: Uint8Array[] = [];
      encode([new Uint8Array(bytes), new Uint8Array(bytes).buffer], { buffers, bufferThreshold });
      return buffers.length;
    };
    expect([count(511), count(512), count(99, 100), count(100, 100), count(0, 0)]).toEqual([0, 2, 0, 2, 2]);
  });

  test("without `buffers` all bytes are in the message", () => {
    const value = new Uint8Array(5000).fill(7);
    expect(encode(value).length).toBe(5003);
    expectSame(decode(encode(value)), value);
  });

  test("one buffer of many views goes out once", () => {
    const buffer = new ArrayBuffer(4096);
    const buffers: Uint8Array[] = [];
    const value = [new Float32Array(buffer, 0, 256), new Uint8Array(buffer, 1024, 1024), buffer];
    const back = decode(encode(value, { buffers }), { buffers }) as typeof value;
    expect(buffers.length).toBe(1);
    expect(back[2]).toBe(buffer);
    expectSame(back, value);
  });

  test("order and index of many", () => {
    const value = Array.from({ length: 300 }, (_, i) => new Uint8Array(600).fill(i));
    const buffers: Uint8Array[] = [];
    const message = encode(value, { buffers });
    expect(buffers.length).toBe(300);
    expectSame(decode(message, { buffers: buffers.map(one => one.slice().buffer) }), value);
  });

  test("a part of a larger buffer: views are built on it without a copy", () => {
    const large = new Uint8Array(5000).map((_, i) => i);
    const buffers: Uint8Array[] = [];
    const message = encode(large.subarray(1000, 2000), { buffers });
    const back = decode(message, { buffers }) as Uint8Array;
    expect(back.buffer).toBe(large.buffer);
    expect(back.byteOffset).toBe(1000);
    expect(back).toEqual(large.subarray(1000, 2000));
  });

  test("but an ArrayBuffer is never made of a part, nor a view misaligned", () => {
    const whole = new Uint8Array(600);
    const buffers: Uint8Array[] = [];
    const message = encode([whole.buffer, whole.buffer], { buffers });
    const moved = new Uint8Array(601).subarray(1);
    expect(() => decode(message, { buffers: [moved] })).toThrow("part of a larger one");
    const viewFirst = encode([whole, whole.buffer], { buffers: [] });
    expect(() => decode(viewFirst, { buffers: [moved] })).toThrow("part of a larger one");
    const doubles = encode(new Float64Array(100), { buffers: [] });
    expect(() => decode(doubles, { buffers: [new Uint8Array(801).subarray(1)] })).toThrow("not aligned");
    expect(() => decode(doubles, { buffers: [new ArrayBuffer(799)] })).toThrow("passes the end");
    expect(() => decode(doubles, { buffers: [] })).toThrow("buffer 0 is not among the 0 given");
    expect(() => decode(doubles)).toThrow("buffer 0 is not among the 0 given");
  });

  test("views on shared memory that was given", () => {
    const message = encode(new Uint8Array(600), { buffers: [] });
    const shared = new SharedArrayBuffer(600);
    expect((decode(message, { buffers: [shared] }) as Uint8Array).buffer as ArrayBufferLike).toBe(shared);
  });
});

type Part = ArrayBuffer | ArrayBufferView;

function bufferOf(part: Part): ArrayBufferLike {
  return ArrayBuffer.isView(part) ? part.buffer : part;
}

function offsetOf(part: Part): number {
  return ArrayBuffer.isView(part) ? part.byteOffset : 0;
}

function bytesOf(part: Part): string {
  return Buffer.from(bufferOf(part) as ArrayBuffer, offsetOf(part), part.byteLength).toString("hex");
}
