import { Refusal } from "./reasons.ts";

/** A getter or a reduce may make other Blobs each time; what does so for longer never ends. */
const MAX_READS = 8;

const ENDLESS =
  "its bytes take time to read, and each time another Blob stands here; keep the Blob, and give the same one";

interface Outcome {
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  /** Why there are none. */
  readonly error?: unknown;
}

/**
 * The bytes of Blobs that are being encoded. Reading them takes time, so those that are met first are read between two encodings. A
 * Blob that was made anew since is known by its place among all that an encoding meets, if it looks the same.
 */
export class Blobs {
  private readonly known = new Map<Blob, Outcome>();
  private readonly missing = new Set<Blob>();
  /** What this encoding met, and what the one before met, in order. */
  private met = new Set<Blob>();
  private before: readonly Blob[] = [];
  private reads = 0;

  /** The bytes of a Blob; none if they have to be read first. Refuses one that can't be read, or not in time. */
  bytesOf(blob: Blob): Uint8Array<ArrayBuffer> {
    const outcome = this.known.get(blob) ?? this.outcomeAt(this.met.size, blob);
    this.met.add(blob);
    if (outcome?.bytes) return outcome.bytes;
    if (outcome !== undefined) this.refuse(`it can't be read: ${outcome.error}; leave it out`, outcome.error);
    if (this.reads === MAX_READS) this.refuse(ENDLESS);
    this.missing.add(blob);
    return new Uint8Array(0);
  }

  /** Whether some were asked for that were not read yet. */
  private get incomplete(): boolean {
    return this.missing.size > 0;
  }

  /** Reads these. The next encoding starts anew. */
  private async read(): Promise<void> {
    const blobs = [...this.missing];
    this.missing.clear();
    this.reads++;
    this.before = [...this.met];
    this.met = new Set();
    const outcomes = await Promise.all(blobs.map(bytesOrError));
    blobs.forEach((blob, i) => void this.known.set(blob, outcomes[i]!));
  }

  /** Encodes until no Blob is left whose bytes are wanted; at once if there is none. `bounded` may bound each wait. */
  run<T>(encode: () => T, bounded: (reading: Promise<void>) => Promise<void> = reading => reading): T | Promise<T> {
    const encoded = encode();
    return this.incomplete ? bounded(this.read()).then(() => this.run(encode, bounded)) : encoded;
  }

  private outcomeAt(index: number, blob: Blob): Outcome | undefined {
    const earlier = this.met.has(blob) ? undefined : this.before[index];
    if (earlier === undefined || !looksLike(earlier, blob)) return undefined;
    const outcome = this.known.get(earlier);
    if (outcome !== undefined) this.known.set(blob, outcome);
    return outcome;
  }

  private refuse(reason: string, cause?: unknown): never {
    // The path is looked for from the root on.
    this.met = new Set();
    throw new Refusal(reason, { cause });
  }
}

function looksLike(one: Blob, other: Blob): boolean {
  const sameName = (one instanceof File ? one.name : null) === (other instanceof File ? other.name : null);
  return sameName && one.type === other.type && one.size === other.size;
}

async function bytesOrError(blob: Blob): Promise<Outcome> {
  try {
    return { bytes: new Uint8Array(await blob.arrayBuffer()) };
  } catch (error) {
    return { bytes: null, error };
  }
}
