import { expect } from "bun:test";
import { DecodeError, decode, EncodeError, type EncodeOptions, encode } from "../../src/codec/index.ts";
import { PlasmidError } from "../../src/errors.ts";

/** The error that a value can't be encoded with; fails if it can. */
export function encodeError(value: unknown, options?: EncodeOptions): EncodeError {
  const error = thrown(() => encode(value, options), EncodeError);
  expect(error.code as string).toBe("ERR_PLASMID_ENCODE");
  return error;
}

/** The error that a message, as bytes or as hexadecimal text, can't be decoded with; fails if it can. */
export function decodeError(message: Uint8Array | string): DecodeError {
  const bytes = typeof message === "string" ? Uint8Array.fromHex(message.replaceAll(" ", "")) : message;
  const error = thrown(() => decode(bytes), DecodeError);
  expect(error.code as string).toBe("ERR_PLASMID_DECODE");
  return error;
}

function thrown<E extends PlasmidError>(work: () => unknown, type: abstract new (...args: never[]) => E): E {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(type);
    expect(error).toBeInstanceOf(PlasmidError);
    return error as E;
  }
  throw new Error("nothing was thrown");
}
