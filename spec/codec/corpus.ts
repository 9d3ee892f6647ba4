import { readFileSync } from "node:fs";
import { capture, encode, encodeAsync } from "../../src/codec/index.ts";
import { samples } from "./samples.ts";

/** Functions, of which the decoder must not evaluate anything. */
function code(): Uint8Array[] {
  const shared = { n: 1 };
  const closure = capture(
    () => shared.n,
    () => ({ shared }),
  );
  class Base {
    get x() {
      return shared.n;
    }
  }
  return [encode([Math.max, (x: number) => x, capture(Base, () => ({ shared })), closure], { code: true })];
}

/** What a decoder of the corpus is given beside the message. */
export const BUFFERS = [new ArrayBuffer(64), new Uint8Array(600).subarray(8, 520)];
export const REFERENCES = [{ ref: 0 }];
export const SHARED = [new SharedArrayBuffer(8)];

/** Bytes in docs/format.md, each line a message. */
function documented(): Uint8Array[] {
  const text = readFileSync(new URL("../../docs/format.md", import.meta.url), "utf8");
  const lines = text.matchAll(/(?:^| {2,})((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: {2}=> .*)?$/gm);
  return [...lines].map(line => Uint8Array.fromHex(line[1]!.replaceAll(" ", "")));
}

/** With buffers out of band and references, which only options bring about. */
function linked(): Uint8Array[] {
  const out = new Float64Array(8);
  const ref = { [Symbol.for("plasmid.ref")]: true };
  return [
    encode([out.buffer, out], { buffers: [], bufferThreshold: 64 }),
    encode([out, out.buffer, new Uint8Array(512)], { buffers: [], bufferThreshold: 64 }),
    encode([SHARED[0], new Uint16Array(SHARED[0]!, 2)], { shared: SHARED.slice() }),
    encode([ref, { ref }], { references: { index: () => 0 } }),
  ];
}

/**
 * Messages that hold every extension type: each sample, each line of docs/format.md, and all samples in one graph, everything twice.
 * What the default decoder refuses (code) is among them.
 */
export async function corpus(): Promise<Uint8Array[]> {
  const blobs = [new Blob(["blob"], { type: "text/plain" }), new File(["file"], "name", { lastModified: 1 })];
  const twice = samples.map(({ make }) => make());
  return [
    ...samples.map(({ make }) => encode(make(), { errorStacks: false })),
    ...documented(),
    ...linked(),
    ...code(),
    await encodeAsync(blobs),
    encode([twice, twice]),
    encode(Object.assign(new Error(), { stack: "a stack" })),
  ];
}

/** A xorshift generator: the same numbers in every run. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** First bytes and lengths that mean something. */
export const INTERESTING = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
  0x19, 0x1a, 0x1b, 0x28, 0x50, 0x51, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xa1, 0xbf, 0xc0, 0xc1, 0xc4,
  0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcf, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd,
  0xde, 0xdf, 0xe0, 0xff,
];
