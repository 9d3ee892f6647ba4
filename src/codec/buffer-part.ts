/** What was given for a buffer out of band, when that is part of a larger ArrayBuffer. Views can be made of it, but no ArrayBuffer. */
export class BufferPart {
  constructor(readonly bytes: Uint8Array) {}

  get byteLength(): number {
    return this.bytes.byteLength;
  }
}
