import { expect, test } from "bun:test";
import fc from "fast-check";
import { Encoder } from "../../src/codec/index.ts";
import { ELEMENT_BYTES, kindOfPrototype, TYPED_ARRAYS } from "../../src/codec/typed-array.ts";
import { wholeViewMessage } from "../../src/codec/types/views.ts";

const encoder = new Encoder();
const usual = new Encoder({ bufferThreshold: 1 });

test("of a view that is not there, it is what the encoder writes of one that is", () => {
  fc.assert(
    fc.property(fc.constantFrom(...TYPED_ARRAYS), fc.integer({ min: 1, max: 70_000 }), (type, length) => {
      const kind = kindOfPrototype(type.prototype);
      const buffer = new ArrayBuffer(length * ELEMENT_BYTES[kind]!);
      expect(wholeViewMessage(encoder, kind, length)).toEqual(usual.encode(new type(buffer, 0)));
    }),
  );
});

test("one of the longest there are: 2^32 bytes", () => {
  const message = wholeViewMessage(encoder, kindOfPrototype(Uint8Array.prototype), 2 ** 32);
  expect(Buffer.from(message).toString("hex")).toBe("c70e130100cf0000000100000000d41200");
});

test("the encoder goes on as before", () => {
  const before = encoder.encode({ a: [1, "two"] });
  wholeViewMessage(encoder, 9, 100);
  expect(encoder.encode({ a: [1, "two"] })).toEqual(before);
});
