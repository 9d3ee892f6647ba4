import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { root } from "../../scripts/paths.ts";
import { decode, encode, encodeAsync } from "../../src/codec/index.ts";
import { expectSame } from "./same.ts";

describe("several messages share one list of buffers", () => {
  test("each is decoded with all of it", () => {
    const buffers: Uint8Array[] = [];
    const values = [1, 2, 3].map(n => ({ n, rows: new Float64Array(100 * n).fill(n) }));
    const messages = values.map(value => encode(value, { buffers }));
    expect(buffers.length).toBe(3);
    messages.forEach((message, i) => {
      const back = decode(message, { buffers }) as (typeof values)[0];
      expectSame(back, values[i]);
      expect(back.rows.buffer).toBe(values[i]!.rows.buffer);
    });
  });

  test("what two of them hold is handed out once, and is one buffer afterwards", () => {
    const rows = new Float64Array(1000);
    const buffers: Uint8Array[] = [];
    const a = encode({ rows }, { buffers });
    const b = encode([new Float64Array(2000), rows, rows.subarray(0, 500)], { buffers });
    expect(buffers.length).toBe(2);
    const copies = buffers.map(buffer => buffer.slice());
    const [one, two] = [a, b].map(message => decode(message, { buffers: copies })) as [
      { rows: Float64Array },
      Float64Array[],
    ];
    expect(two[1]!.buffer).toBe(one.rows.buffer);
    expect(two[2]!.buffer).toBe(one.rows.buffer);
    // Another part of it is another entry.
    encode(rows.subarray(1), { buffers });
    expect(buffers.length).toBe(3);
  });

  test("a failed encoding leaves the list as it was", () => {
    const buffers = [new Uint8Array(1)];
    expect(() => encode([new Uint8Array(1000), new WeakMap()], { buffers })).toThrow();
    expect(buffers.length).toBe(1);
  });

  test("also when Blobs are waited for", async () => {
    const buffers = [new Uint8Array(1)];
    const value = [new Blob(["x"]), new Uint8Array(600).fill(7)] as const;
    const message = await encodeAsync(value, { buffers });
    expect(buffers.length).toBe(2);
    expect((decode(message, { buffers }) as unknown as typeof value)[1]).toEqual(value[1]);
  });

  test("any values, any order", () => {
    const pool = [600, 800, 5000].map(size => new Uint8Array(size).map((_, i) => i).buffer);
    const view = fc
      .tuple(fc.constantFrom(...pool), fc.nat(5))
      .map(([buffer, at]) => new Float64Array(buffer, at * 8, 60));
    fc.assert(
      fc.property(
        fc.array(fc.array(view, { maxLength: 4 }), { maxLength: 4 }),
        fc.constantFrom(0, 480, 512),
        (values, bufferThreshold) => {
          const buffers: Uint8Array[] = [];
          const messages = values.map(value => encode(value, { buffers, bufferThreshold }));
          for (const [i, message] of messages.entries()) expectSame(decode(message, { buffers }), values[i]);
        },
      ),
    );
  });
});

describe("which buffers go out", () => {
  test("the filter decides of the large ones", () => {
    const keep = new Uint8Array(1000).fill(1);
    const give = new Uint8Array(1000).fill(2);
    const seen: number[] = [];
    const buffers: Uint8Array[] = [];
    const bufferFilter = (bytes: Uint8Array) => {
      seen.push(bytes[0]!);
      return bytes[0] === 2;
    };
    const value = [
      keep,
      give,
      new Uint8Array(10).fill(3),
      keep.buffer,
      keep.subarray(5),
      new Float32Array(give.buffer),
    ];
    const message = encode(value, { buffers, bufferFilter });
    expect(buffers.map(buffer => buffer.buffer)).toEqual([give.buffer]);
    expect(seen).toEqual([1, 2]);
    expect(message.length).toBeGreaterThan(1000);
    expectSame(decode(message, { buffers }), value);
    expect(encode(value, { bufferFilter }).length).toBeGreaterThan(2000);
  });
});

describe("alignment", () => {
  test("what is handed out starts where elements of 8 bytes may, if views of several kinds show it", () => {
    const buffer = new ArrayBuffer(4096);
    const buffers: Uint8Array[] = [];
    encode([new Uint8Array(buffer, 13, 3000), new Float64Array(buffer, 24, 100)], { buffers });
    expect(buffers[0]!.byteOffset % 8).toBe(0);
  });

  test("buffers laid out one after the other at multiples of 8 are taken as they are", () => {
    const value = [
      new Uint8Array(601),
      new Float64Array(100).fill(1),
      new BigInt64Array(80),
      new DataView(new ArrayBuffer(555), 1),
    ];
    const buffers: Uint8Array[] = [];
    const message = encode(value, { buffers });
    const whole = new Uint8Array(8192);
    let at = 0;
    const placed = buffers.map(bytes => {
      const part = whole.subarray(at, at + bytes.length);
      part.set(bytes);
      at += Math.ceil(bytes.length / 8) * 8;
      return part;
    });
    const back = decode(message, { buffers: placed }) as typeof value;
    const hexOf = (one: ArrayBufferView) => new Uint8Array(one.buffer, one.byteOffset, one.byteLength).toHex();
    expect(back.map(hexOf)).toEqual(value.map(hexOf));
    for (const view of back) expect(view.buffer).toBe(whole.buffer);
    expect(() =>
      decode(message, { buffers: buffers.map(bytes => new Uint8Array(bytes.length + 1).subarray(1)) }),
    ).toThrow("multiples of 8");
  });
});

describe("memory that is not to be written to", () => {
  test("is only read: by encoding, by decoding, whatever it is", () => {
    const bytes = new Uint8Array(1000).map((_, i) => i);
    const shared = new Uint8Array(new SharedArrayBuffer(1000));
    shared.set(bytes);
    const buffers: Uint8Array[] = [];
    const message = Object.freeze({ bytes: encode([bytes, new Uint16Array(bytes.buffer)], { buffers }) }).bytes;
    const before = [message.toHex(), bytes.toHex()];
    for (const given of [buffers, [bytes.buffer], [shared]]) {
      const [a, b] = decode(message, { buffers: given }) as [Uint8Array, Uint16Array];
      expect(a.buffer).toBe(b.buffer as ArrayBuffer);
      expect(b[1]).toBe(0x0302);
    }
    expect([message.toHex(), bytes.toHex()]).toEqual(before);
  });

  test("views of memory that is mapped for reading are such views", async () => {
    const program = `import { decode, encode } from ${JSON.stringify(join(root, "src/codec/index.ts"))};
      const buffers = [];
      const message = encode(new Uint8Array(5000).fill(7), { buffers });
      await Bun.write(process.argv[1], buffers[0]);
      const mapped = Bun.mmap(process.argv[1], { shared: true });
      const view = decode(message, { buffers: [mapped] });
      if (view.buffer !== mapped.buffer || view[4999] !== 7) throw new Error("a copy");`;
    const file = join(process.env.TMPDIR ?? "/tmp", `plasmid-mapped-${process.pid}`);
    const child = Bun.spawn([process.execPath, "-e", program, file], { stderr: "inherit" });
    expect(await child.exited).toBe(0);
    await Bun.file(file).delete();
  });
});

test("encoding 1 GiB out of band takes less than 10 MB", async () => {
  const program = `import { encode } from ${JSON.stringify(join(root, "src/codec/index.ts"))};
    const value = Array.from({ length: 64 }, () => new Uint8Array(1 << 24));
    encode([new Uint8Array(1000)], { buffers: [] });
    Bun.gc(true);
    const before = process.memoryUsage();
    const buffers = [];
    const message = encode(value, { buffers });
    const after = process.memoryUsage();
    console.log(buffers.length, message.length < 1000, after.rss - before.rss < 1e7); `;
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "inherit" });
  expect((await child.stdout.text()).trim()).toBe("64 true true");
});

test("an encoding inside of a getter has buffers of its own", () => {
  const inner: Uint8Array[] = [];
  const buffers: Uint8Array[] = [];
  const value = {
    first: new Uint8Array(1000),
    get second() {
      encode(new Uint8Array(2000), { buffers: inner });
      return new Uint8Array(3000);
    },
  };
  encode(value, { buffers });
  expect(inner.map(buffer => buffer.length)).toEqual([2000]);
  expect(buffers.map(buffer => buffer.length)).toEqual([1000, 3000]);
});
