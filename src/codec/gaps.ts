import { MAX_MESSAGE_BYTES } from "./constants.ts";
import { EncodeError } from "./errors.ts";

/** Bytes that belong at `at` of what was written. */
interface Gap {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly size: number;
  /** Bytes in the gaps before. */
  readonly before: number;
}

/**
 * Large pieces of a message that are not copied when they are met but when the message is put together: so each is copied once, where
 * growing the output and cutting the message from it would copy it twice or more.
 */
export class Gaps {
  private readonly gaps: Gap[] = [];
  private total = 0;

  /** Leaves out bytes that belong at `at`, behind all that were left out before. */
  add(at: number, bytes: Uint8Array): void {
    this.gaps.push({ at, bytes, size: bytes.length, before: this.total });
    this.total += bytes.length;
    if (this.total > MAX_MESSAGE_BYTES) failSize();
  }

  /** How many bytes are left out behind `start`. */
  since(start: number): number {
    const { gaps } = this;
    let low = 0;
    for (let high = gaps.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (gaps[middle]!.at > start) high = middle;
      else low = middle + 1;
    }
    return low === gaps.length ? 0 : this.total - gaps[low]!.before;
  }

  /** Whether nothing is left out. */
  get isEmpty(): boolean {
    return this.gaps.length === 0;
  }

  clear(): void {
    if (this.gaps.length === 0) return;
    this.gaps.length = 0;
    this.total = 0;
  }

  /** The message of which `written[0, end)` is the rest; `head` bytes were put before it later on. */
  fill(written: Uint8Array, end: number, head: number): Uint8Array<ArrayBuffer> {
    if (end + this.total > MAX_MESSAGE_BYTES) failSize();
    // Every byte of it is written below.
    const message = new Uint8Array(Buffer.allocUnsafeSlow(end + this.total).buffer as ArrayBuffer);
    let from = 0;
    let p = 0;
    for (const { at, bytes, size } of this.gaps) {
      if (bytes.length !== size) {
        throw new EncodeError(
          "a getter changed the size of a buffer that was met before; encode a snapshot of it",
          "$",
        );
      }
      for (; from < at + head; from++) message[p++] = written[from]!;
      message.set(bytes, p);
      p += size;
    }
    message.set(written.subarray(from, end), p);
    return message;
  }
}

function failSize(): never {
  throw new EncodeError("the message would pass 4 GiB; give `buffers`, so that large buffers stay out of it", "$");
}
