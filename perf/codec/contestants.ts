import { deserialize, serialize } from "bun:jsc";
import { decode, Encoder, encode } from "../../src/codec/index.ts";
import { installed } from "../run/installed.ts";

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

/**
 * Those beside whom we stand, each as its own documentation says is fastest. `structuredClone` and the copies have no bytes to show: there
 * and back at once. A package is loaded by whoever races with it: one that is missing takes nobody else along.
 */
export const PEERS: Readonly<Record<string, () => Contestant | Promise<Contestant>>> = {
  msgpackr: () => msgpackr({}),
  "msgpackr, shared structures": () => msgpackr({ structures: [] }),
  "bun:jsc": () => ({ encode: value => serialize(value), decode: (bytes: SharedArrayBuffer) => deserialize(bytes) }),
  JSON: () => ({ encode: value => JSON.stringify(value), decode: (text: string) => JSON.parse(text) }),
  structuredClone: () => ({ encode: value => structuredClone(value) }),
  "@msgpack/msgpack": async () => {
    const msgpack = await installed("@msgpack/msgpack", () => import("@msgpack/msgpack"));
    // Kept: by its README a fifth faster than encode() and decode().
    const [encoder, decoder] = [new msgpack.Encoder(), new msgpack.Decoder()];
    return { encode: value => encoder.encode(value), decode: (bytes: Uint8Array) => decoder.decode(bytes) };
  },
  "cbor-x": () => cborX({}),
  "cbor-x, shared structures": () => cborX({ structures: [] }),
  seroval: async () => {
    const seroval = await installed("seroval", () => import("seroval"));
    return { encode: value => seroval.serialize(value), decode: (text: string) => seroval.deserialize(text) };
  },
  devalue: async () => {
    const devalue = await installed("devalue", () => import("devalue"));
    return { encode: value => devalue.stringify(value), decode: (text: string) => devalue.parse(text) };
  },
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

async function msgpackr(options: { structures?: [] }): Promise<Contestant> {
  const { Packr } = await installed("msgpackr", () => import("msgpackr"));
  return packer(new Packr({ structuredClone: true, ...options }));
}

async function cborX(options: { structures?: [] }): Promise<Contestant> {
  // Its native addon is an extra that most installs lack.
  process.env.CBOR_NATIVE_ACCELERATION_DISABLED = "true";
  const cbor = await installed("cbor-x", () => import("cbor-x"));
  return packer(new cbor.Encoder({ structuredClone: true, ...options }));
}

function packer(packr: { encode(value: unknown): Uint8Array; decode(bytes: Uint8Array): unknown }): Contestant {
  return { encode: value => packr.encode(value), decode: (bytes: Uint8Array) => packr.decode(bytes) };
}
