/** The bytes of Blobs that are being encoded. Reading them takes time, so those that are met first are read between two encodings. */
export class Blobs {
  private readonly known = new Map<Blob, Uint8Array<ArrayBuffer>>();
  private readonly missing = new Set<Blob>();

  /** The bytes of a Blob; none if they have to be read first. */
  bytesOf(blob: Blob): Uint8Array<ArrayBuffer> {
    const bytes = this.known.get(blob);
    if (bytes === undefined) this.missing.add(blob);
    return bytes ?? new Uint8Array(0);
  }

  /** Whether some were asked for that were not read yet. */
  get incomplete(): boolean {
    return this.missing.size > 0;
  }

  /** Reads these. */
  async read(): Promise<void> {
    const blobs = [...this.missing];
    this.missing.clear();
    const read = await Promise.all(blobs.map(blob => blob.arrayBuffer()));
    blobs.forEach((blob, i) => void this.known.set(blob, new Uint8Array(read[i] as ArrayBuffer)));
  }
}
