import { Decoder, type DecoderOptions } from "./decoder.ts";

/** What `decode` needs beside the message, and what it should not go beyond. */
export interface DecodeOptions extends DecoderOptions {
  /**
   * What `encode` pushed to its `buffers`, or copies: an ArrayBuffer each, or a Uint8Array that shows the bytes. The decoded views are
   * views of these.
   */
  buffers?: ArrayLike<ArrayBufferLike | Uint8Array>;
  /** The references, under the indexes that were written. */
  references?: ArrayLike<unknown>;
  /** What `encode` pushed to its `shared`. */
  shared?: ArrayLike<SharedArrayBuffer>;
}

let spare: Decoder | null = null;

/**
 * The value of a message.
 *
 * @throws TypeError if it is given no Uint8Array; DecodeError for anything that is not a message, with the offset and the path.
 */
export function decode(bytes: Uint8Array, options?: DecodeOptions): unknown {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("decode takes a Uint8Array; wrap other memory in one");
  if (options !== undefined) {
    return new Decoder(options).decode(bytes, options.buffers, options.references);
  }
  const decoder = spare ?? new Decoder();
  spare = null;
  try {
    return decoder.decode(bytes);
  } finally {
    spare = decoder;
  }
}
