/** `[start, end)` in bytes of an ArrayBuffer. */
interface Extent {
  start: number;
  end: number;
}

/** Typed arrays start at multiples of their element's size, 8 at most; an extent that starts at one keeps them aligned. */
const ALIGNMENT = 8;

/**
 * Which part of each ArrayBuffer goes into the message: what the views in the value show of it, no more. A Buffer cut from a pool, or
 * one row of a large table, does not drag the rest along.
 *
 * The first view of a buffer writes its bytes before the others are known. If a later one shows more, `unsettled` is set and the value
 * has to be encoded once more, now with the extents known. Not recorded means the whole buffer.
 */
export class BufferExtents {
  /** The answer of `first` and `again`, in bytes from the start of the buffer. */
  start = 0;
  end = 0;
  /** A view did not fit into what the first one wrote. */
  unsettled = false;
  /** Whether there are any buffers. */
  any = false;
  /** Buffers that were written with what is around them: their class, their lock, properties. */
  readonly adorned = new Set<ArrayBuffer>();
  private parts: Map<ArrayBuffer, Extent> | null = null;
  private final = false;

  /** The buffer is met for the first time, by something that shows `[start, end)`: sets `start` and `end` to what must be written. */
  first(buffer: ArrayBuffer, start: number, end: number): void {
    this.start = start;
    this.end = end;
    this.any = true;
    if (this.final) {
      const part = this.parts?.get(buffer);
      this.start = part === undefined ? 0 : part.start;
      this.end = part === undefined ? buffer.byteLength : part.end;
      if (start < this.start || end > this.end) throw new ChangedWhileEncoding();
    } else if (end - start !== buffer.byteLength) {
      this.parts ??= new Map();
      this.parts.set(buffer, { start, end });
    }
  }

  /** The buffer is written already: sets `start` and `end` to what stands in the message. */
  again(buffer: ArrayBuffer, start: number, end: number): void {
    const part = this.parts?.get(buffer);
    this.start = part === undefined ? 0 : part.start;
    this.end = part === undefined ? buffer.byteLength : part.end;
    if (part === undefined) return;
    if (start >= part.start && end <= part.end && part.start % ALIGNMENT === 0) return;
    if (this.final) throw new ChangedWhileEncoding();
    part.start = Math.min(part.start, start);
    part.start -= part.start % ALIGNMENT;
    part.end = Math.max(part.end, end);
    this.unsettled = true;
  }

  /** Whether only a part of this buffer stands in the message. */
  isPart(object: object): boolean {
    return this.parts?.has(object as ArrayBuffer) === true;
  }

  /** The value was gone through once; next time the extents are known, and views of no recorded buffer get all of it. */
  settle(): void {
    this.unsettled = false;
    this.final = true;
  }

  clear(): void {
    if (!this.any) return;
    this.any = false;
    if (this.adorned.size > 0) this.adorned.clear();
    this.parts = null;
    this.unsettled = false;
    this.final = false;
  }
}

/** A getter gave other views the second time; the encoder makes it an EncodeError. */
export class ChangedWhileEncoding extends Error {}
