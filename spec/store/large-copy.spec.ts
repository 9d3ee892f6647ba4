import { expect, test } from "bun:test";
import { cleanUpAfterEach, freshStore } from "./fresh.ts";

cleanUpAfterEach();

const MIB = 2 ** 20;

test.each([4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 5 * MIB + 63, 33 * MIB + 17])(
  "a copy past the caches is a copy: %d bytes, from any alignment, to cold pages and to warm ones",
  bytes => {
    const store = freshStore({ capacity: "64MiB" });
    for (const shift of [0, 1, 8]) {
      const source = new Uint8Array(bytes + shift);
      for (let i = 0; i < source.length; i++) source[i] = i * 31 + (i >> 8);
      for (let turn = 0; turn < 2; turn++) {
        const ref = store.put(source.subarray(shift));
        expect(Buffer.compare(store.peek(ref) as Uint8Array, source.subarray(shift))).toBe(0);
        store.free(ref);
      }
    }
  },
);
