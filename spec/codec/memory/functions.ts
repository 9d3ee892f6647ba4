import { expect, test } from "bun:test";
import { capture, decode, encode } from "../../../src/codec/index.ts";

test("a hundred thousand functions leave nothing behind", () => {
  const bytes = encode(
    capture(
      () => bytes,
      () => ({ bytes: 1 }),
    ),
    { code: true },
  );
  const run = (times: number) => {
    for (let i = 0; i < times; i++) decode(bytes, { code: true });
    Bun.gc(true);
    return process.memoryUsage().heapUsed;
  };
  const before = run(20_000);
  expect(run(80_000) - before).toBeLessThan(2e6);
});
