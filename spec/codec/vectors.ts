import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { forgetClasses } from "../../src/codec/code/class-ids.ts";
import { decode, encode, encodeAsync } from "../../src/codec/index.ts";
import { codeSamples } from "./code-samples.ts";
import { type Description, describeValue } from "./describe.ts";
import { samples } from "./samples.ts";

/** A message as it was once written, and what it means for ever. */
export interface Vector {
  readonly name: string;
  /** The message, hexadecimal. */
  readonly bytes: string;
  /** What its decoder is given beside it, hexadecimal. */
  readonly buffers?: readonly string[];
  /** Whether it holds code. */
  readonly code?: true;
  readonly value: Description;
}

const withBlobs = await encodeAsync([
  new Blob(["text"], { type: "text/plain" }),
  new File([new Uint8Array([1, 2])], "two.bin", { type: "a/b", lastModified: 5 }),
]);

const FOLDER = new URL("./vectors/v1/", import.meta.url);

/** All that were kept. */
export function keptVectors(): Vector[] {
  const files = readdirSync(FOLDER).filter(file => file.endsWith(".json"));
  return files.sort().map(file => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Vector);
}

/** Vectors of today: each sample, and all of them twice; stacks of errors, which tell where they were made, left out. */
export function freshVectors(): Vector[] {
  const all = samples.map(({ make }) => make());
  const buffers: Uint8Array[] = [];
  const out = new Float64Array([1, 2, 3]);
  const outOfBand = encode([out, out.subarray(1)], { buffers, bufferThreshold: 8 });
  return [
    ...samples.map(({ name, make }) => vector(name, encode(make(), { errorStacks: false }))),
    vector("Blobs", withBlobs),
    ...codeSamples.map(({ name, make }) => vector(name, encode(make(), { code: true }), { code: true })),
    vector("all samples twice", encode([all, all], { errorStacks: false })),
    vector("out of band", outOfBand, { buffers: buffers.map(bytes => bytes.toHex()) }),
  ];
}

function vector(name: string, bytes: Uint8Array, given: Pick<Vector, "buffers" | "code"> = {}): Vector {
  const plain = { name, bytes: bytes.toHex(), ...given };
  return { ...plain, value: meaning(plain) };
}

/** What today's decoder makes of a vector's bytes. */
export function meaning({ bytes, buffers, code }: Pick<Vector, "bytes" | "buffers" | "code">): Description {
  const given = buffers?.map(hex => Uint8Array.fromHex(hex));
  forgetClasses();
  return describeValue(decode(Uint8Array.fromHex(bytes), { buffers: given, unknown: "keep", code }));
}

/** Keeps the vectors of today that are not kept yet, by the bytes; never changes one. How many were added. */
export function keepVectors(): number {
  mkdirSync(FOLDER, { recursive: true });
  const kept = keptVectors();
  const known = new Set(kept.map(({ bytes }) => bytes));
  const names = new Set(kept.map(({ name }) => name));
  let added = 0;
  for (const one of freshVectors()) {
    if (known.has(one.bytes)) continue;
    let name = one.name;
    for (let n = 2; names.has(name); n++) name = `${one.name} (${n})`;
    names.add(name);
    const file = `${name
      .replaceAll(/[^A-Za-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "")
      .toLowerCase()}.json`;
    writeFileSync(new URL(file, FOLDER), `${JSON.stringify({ ...one, name })}\n`, { flag: "wx" });
    added++;
  }
  return added;
}
