import { deserialize, serialize } from "bun:jsc";
import * as msgpack from "@msgpack/msgpack";
import * as devalue from "devalue";
import { Packr } from "msgpackr";
import * as seroval from "seroval";
import { decode, Encoder, encode } from "../../src/codec/index.ts";

/** One way to turn values into something that can leave the process, and back. */
export interface Contestant {
  encode(value: unknown): unknown;
  /** Absent: encoding is the whole way, there and back. */
  decode?(encoded: never): unknown;
}

/** What a kept encoder writes to; as large as the largest data set. */
const target = new Uint8Array(1 << 24);

/** Ours. */
export const OURS: Readonly<Record<string, () => Contestant>> = {
  plasmid: () => ({ encode: value => encode(value), decode: (bytes: Uint8Array) => decode(bytes) }),
  "plasmid, into a kept buffer": () => {
    const encoder = new Encoder({ bufferThreshold: Number.POSITIVE_INFINITY });
    return { encode: value => target.subarray(0, encoder.encodeInto(value, target)), decode };
  },
  "plasmid, out of band": () => ({
    encode(value) {
      const buffers: Uint8Array[] = [];
      return [encode(value, { buffers }), buffers];
    },
    decode: ([bytes, buffers]: [Uint8Array, Uint8Array[]]) => decode(bytes, { buffers }),
  }),
};

/** Those beside whom we stand. `structuredClone` and the copies have no bytes to show: there and back at once. */
export const PEERS: Readonly<Record<string, () => Contestant | Promise<Contestant>>> = {
  msgpackr: () => packer(new Packr({ structuredClone: true })),
  "msgpackr, shared structures": () => packer(new Packr({ structuredClone: true, structures: [] })),
  "bun:jsc": () => ({ encode: value => serialize(value), decode: (bytes: SharedArrayBuffer) => deserialize(bytes) }),
  JSON: () => ({ encode: value => JSON.stringify(value), decode: (text: string) => JSON.parse(text) }),
  structuredClone: () => ({ encode: value => structuredClone(value) }),
  "@msgpack/msgpack": () => ({ encode: value => msgpack.encode(value), decode: (b: Uint8Array) => msgpack.decode(b) }),
  "cbor-x": async () => {
    // Its native addon is an extra that most installs lack.
    process.env.CBOR_NATIVE_ACCELERATION_DISABLED = "true";
    const { Encoder: CborEncoder } = await import("cbor-x");
    return packer(new CborEncoder({ structuredClone: true }));
  },
  seroval: () => ({ encode: value => seroval.serialize(value), decode: (text: string) => seroval.deserialize(text) }),
  devalue: () => ({ encode: value => devalue.stringify(value), decode: (text: string) => devalue.parse(text) }),
  "copy, warm": () => {
    const into = new Uint8Array(1 << 24);
    return {
      encode(value) {
        let at = 0;
        for (const { buffer } of value as Float64Array[]) {
          into.set(new Uint8Array(buffer), at);
          at += buffer.byteLength;
        }
      },
      decode: () => {},
    };
  },
  nobody: () => ({ encode: () => {}, decode: () => {} }),
  "copy, fresh": () => ({
    encode: value => (value as Float64Array[]).map(one => one.slice()),
    decode: (copies: Float64Array[]) => copies.map(one => one.slice()),
  }),
};

/** Those that only copy bytes, or do nothing: there is nothing to check. */
export const COPIES: readonly string[] = ["copy, warm", "copy, fresh", "nobody"];

/** Those that write texts: a typed array becomes an object of as many fields, or is refused. */
export const TEXTS: readonly string[] = ["JSON", "seroval", "devalue"];

function packer(packr: { encode(value: unknown): Uint8Array; decode(bytes: Uint8Array): unknown }): Contestant {
  return { encode: value => packr.encode(value), decode: (bytes: Uint8Array) => packr.decode(bytes) };
}
