import { afterEach, expect, test } from "bun:test";
import { register, unregister } from "../../src/codec/index.ts";
import { AbortedError, EncodeError, StoreClosedError, TimedOutError } from "../../src/index.ts";
import { cleanUpAfterEach, freshStore } from "./fresh.ts";

cleanUpAfterEach();
afterEach(() => unregister("blobs.spec.Slow"));

/** A Blob whose bytes come when they are let go; never, if they are not. */
function slow(gate: Promise<void>): Blob {
  class Slow extends Blob {
    override async arrayBuffer(): Promise<ArrayBuffer> {
      await gate;
      return super.arrayBuffer();
    }
  }
  register("blobs.spec.Slow", Slow);
  return new Slow(["late"]);
}

test("putAsync reads Blobs and Files first", async () => {
  const store = freshStore();
  const blob = new Blob(["hello"], { type: "text/x" });
  const file = new File([new Uint8Array(100_000).fill(7)], "seven.bin", { lastModified: 5 });
  const ref = await store.putAsync({ blob, list: [file, blob] }, { name: "upload" });
  const back = await store.get<{ blob: Blob; list: [File, Blob] }>("upload");
  expect(await back.blob.text()).toBe("hello");
  expect(back.list[1]).toBe(back.blob);
  expect([back.list[0].name, back.list[0].lastModified]).toEqual(["seven.bin", 5]);
  expect(await back.list[0].bytes()).toEqual(await file.bytes());
  expect(store.peek(ref)).toBeDefined();
});

test("put says what to do instead, also after a putAsync", async () => {
  const store = freshStore();
  await store.putAsync(new Blob(["x"]));
  expect(() => store.put({ blob: new Blob(["x"]) })).toThrow("putAsync()");
});

test("one that can't be read is refused with its path", async () => {
  const store = freshStore();
  const error = await store.putAsync({ list: [Bun.file("/nowhere/at/all")] }).catch(error => error);
  expect(error).toBeInstanceOf(EncodeError);
  expect(error.path).toBe("$.list[0]");
});

test("the wait for their bytes has the call's bounds, and ends with the store", async () => {
  const store = freshStore();
  const { promise, resolve } = Promise.withResolvers<void>();
  const blob = slow(promise);
  expect(store.putAsync(blob, { timeoutMs: 10 })).rejects.toThrow(TimedOutError);
  expect(store.putAsync(blob, { signal: AbortSignal.timeout(10) })).rejects.toThrow(AbortedError);
  const waiting = store.putAsync(blob).catch(error => error);
  await Bun.sleep(30);
  store.close();
  resolve();
  expect(await waiting).toBeInstanceOf(StoreClosedError);
});
