import { expect, test } from "bun:test";
import { capture, DecodeError, EncodeError } from "../../src/index.ts";
import { cleanUpAfterEach, freshStore, sameStore } from "./fresh.ts";

cleanUpAfterEach();

test("functions are put and got only by those who were opened with `code`", async () => {
  const store = freshStore({ code: true });
  const rows = new Float64Array(10_000).fill(0.5);
  const sum = capture(
    (from: number) => rows.subarray(from).reduce((a, b) => a + b),
    () => ({ rows }),
  );
  const ref = store.put({ sum }, { name: "sum", pin: true });
  const got = (await store.get(ref)) as { sum: typeof sum };
  expect(got.sum).not.toBe(sum);
  expect(got.sum(9_998)).toBe(1);
  const other = sameStore(store);
  expect(() => other.put({ sum })).toThrow(EncodeError);
  expect(() => other.peek("sum")).toThrow(DecodeError);
  expect((store.peek(ref) as typeof got).sum(9_999)).toBe(0.5);
});
