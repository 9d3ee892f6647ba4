import { expect, test } from "bun:test";
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { InvalidArgumentError, NotSealedError } from "../../src/index.ts";
import { cleanUpAfterEach, collected, freshStore, scaled } from "./fresh.ts";

cleanUpAfterEach();

test("at the end of the block the views are detached and the lease is over", () => {
  const store = freshStore();
  const ref = store.put({ rows: new Float64Array(100_000).fill(2), tag: "t" });
  let rows: Float64Array;
  {
    using lease = store.lease(ref);
    rows = lease.value.rows;
    expect(rows[5]).toBe(2);
    expect(store.stats().leases).toBe(1);
  }
  expect(rows.length).toBe(0);
  expect(store.stats().leases).toBe(0);
  expect(store.stats().tokens).toBe(1);
  store.check();
});

test("ended twice, asked afterwards", () => {
  const store = freshStore();
  const lease = store.lease(store.put(new Uint8Array(50_000)));
  expect(lease.released).toBe(false);
  lease.release();
  lease.release();
  expect(lease.released).toBe(true);
  expect(() => lease.value).toThrow(InvalidArgumentError);
});

test("one lease's end leaves every other view alone", () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(100_000).fill(8));
  const got = store.peek(ref)!;
  const one = store.lease(ref);
  const two = store.lease(ref);
  const view = two.value;
  expect(one.value.buffer === got.buffer).toBe(false);
  one.release();
  expect(view[99_999]).toBe(8);
  expect(got[99_999]).toBe(8);
  two.release();
  expect(got[99_999]).toBe(8);
  expect(store.stats().leases).toBe(1);
  expect(store.peek(ref)!.buffer === got.buffer).toBe(true);
});

test("a view that zlib reads stays good, and the lease with it", async () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(2_000_000).fill(8));
  let compressed: Promise<Buffer>;
  {
    using lease = store.lease(ref);
    compressed = promisify(deflate)(lease.value);
  }
  expect(store.stats().leases).toBe(1);
  expect(Bun.inflateSync((await compressed).subarray(2, -4) as Uint8Array<ArrayBuffer>)[1_999_999]).toBe(8);
  expect(await collected(() => store.stats().leases === 0)).toBe(true);
  store.check();
});

test("a lease of what is small, of what has refs, of a draft", () => {
  const store = freshStore();
  const small = store.put("small");
  {
    using lease = store.lease(small);
    expect(lease.value).toBe("small");
  }
  {
    using lease = store.lease(store.put([small, new Uint8Array(64_000)]));
    expect(store.peek(lease.value[0] as typeof small)).toBe("small");
  }
  const draft = store.allocate(Uint8Array, 10);
  expect(() => store.lease(draft.ref)).toThrow(NotSealedError);
});

test("the bytes of a freed object go when its last lease ends", () => {
  const store = freshStore();
  const before = store.stats().used;
  const ref = store.put(new Uint8Array(1_000_000).fill(1));
  const lease = store.lease(ref);
  store.free(ref);
  expect(lease.value[999_999]).toBe(1);
  expect(store.stats().used).toBeGreaterThan(before + 999_999);
  lease.release();
  expect(store.stats().used).toBeLessThan(before + 999_999);
  store.check();
});

test("10^6 leases taken and ended leave nothing", () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(40_000).fill(1));
  const cycles = scaled(1_000_000);
  const cycle = (times: number) => {
    for (let i = 0; i < times; i++) {
      const lease = store.lease(ref);
      if (lease.value[17] !== 1) throw new Error("wrong bytes");
      lease.release();
    }
  };
  cycle(cycles / 10);
  Bun.gc(true);
  const before = { ...store.stats(), rss: process.memoryUsage.rss() };
  cycle(cycles);
  Bun.gc(true);
  const after = { ...store.stats(), rss: process.memoryUsage.rss() };
  expect(after.tokens).toBe(before.tokens);
  expect(after.used).toBe(before.used);
  expect(after.rss - before.rss).toBeLessThan(100 * 2 ** 20);
  store.check();
}, 120_000);
