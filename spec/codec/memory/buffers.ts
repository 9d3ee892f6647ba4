import { expect, test } from "bun:test";
import { encode } from "../../../src/codec/index.ts";

test("1 GB of buffers handed out takes no memory, nor does encoding keep hold of them", () => {
  // Never written to, so the machine does not give them memory either.
  const make = () => Array.from({ length: 16 }, () => new Float64Array(1 << 23));
  encode(make(), { buffers: [] });
  const value = make();
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  const buffers: Uint8Array[] = [];
  const message = encode(value, { buffers });
  expect(process.memoryUsage.rss() - before).toBeLessThan(10e6);
  expect(buffers.every((buffer, i) => buffer.buffer === value[i]!.buffer)).toBe(true);
  expect(message.length).toBeLessThan(500);
});
