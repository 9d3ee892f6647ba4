import { Encoder } from "../codec/index.ts";
import type { Segment } from "../native/segment.ts";
import type { Frame } from "./item.ts";

interface Shape {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): ArrayBufferView;
}

/**
 * The frames of typed arrays whose bytes are still to be written. The encoder is shown an array over memory that nobody reads or
 * writes: out of band, only its kind and length matter.
 */
export class DraftFrames {
  readonly #segment: Segment;
  // Frames of one shape often follow one another.
  #shape: Shape | undefined;
  #bytes = -1;
  #inband: Uint8Array = new Uint8Array(0);

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  /** A frame with room for an array of `bytes` (not 0) bytes. */
  of(shape: Shape, bytes: number, flags: number, name?: Uint8Array): Frame {
    if (shape !== this.#shape || bytes !== this.#bytes) {
      this.#inband = this.#encode(shape, bytes);
      this.#shape = shape;
      this.#bytes = bytes;
    }
    return { inband: this.#inband, buffers: [], room: bytes, references: [], flags, name };
  }

  #encode(shape: Shape, bytes: number): Uint8Array {
    const nowhere = this.#segment.nowhere(bytes);
    try {
      return new Encoder({ bufferThreshold: 1 }).encode(new shape(nowhere));
    } finally {
      nowhere.transfer(0);
    }
  }
}
