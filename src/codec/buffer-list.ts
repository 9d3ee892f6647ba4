/** Buffers that other messages handed out already, to which one more message is to refer. */
export class BufferList {
  readonly length: number;
  private readonly byBuffer = new Map<ArrayBufferLike, number[]>();

  constructor(private readonly buffers: readonly Uint8Array[]) {
    this.length = buffers.length;
    for (const [index, { buffer }] of buffers.entries()) {
      const indexes = this.byBuffer.get(buffer);
      if (indexes === undefined) this.byBuffer.set(buffer, [index]);
      else indexes.push(index);
    }
  }

  /** The index of the very same bytes; -1 if they are not there. */
  indexOf({ buffer, byteOffset, byteLength }: Uint8Array): number {
    const isSame = (index: number) => {
      const one = this.buffers[index]!;
      return one.byteOffset === byteOffset && one.byteLength === byteLength;
    };
    return this.byBuffer.get(buffer)?.find(isSame) ?? -1;
  }
}
