import { StrayRow } from "../native/layout.ts";
import type { Segment } from "../native/segment.ts";

const utf8 = new TextDecoder();

function warn(text: string): void {
  process.emitWarning(text, "PlasmidWarning");
}

/** Warns of objects that somebody in this process wrote to through a view. */
export class Strays {
  readonly #segment: Segment;
  readonly #turned: Uint32Array;
  #seen = 0;

  constructor(segment: Segment) {
    this.#segment = segment;
    this.#turned = segment.turned;
  }

  /** Says what there is to say, once for each object. */
  tell(say = warn): void {
    if (this.#turned[0] !== this.#seen) this.#tell(say);
  }

  #tell(say: typeof warn): void {
    const { core, at } = this.#segment;
    // Before they are asked for: one that comes meanwhile is the next call's.
    this.#seen = this.#turned[0]!;
    const row = new Uint32Array(StrayRow.size / 4);
    while (core.plasmid_stray(at, row) === 1) say(this.#sentence(row));
  }

  #sentence(row: Uint32Array): string {
    const name = utf8.decode(new Uint8Array(row.buffer, StrayRow.name, row[StrayRow.nameBytes >> 2]!));
    const id = Array.from(row.subarray(0, 4), word => word.toString(16).padStart(8, "0")).join("");
    const object = name === "" ? id : `${JSON.stringify(name)} (${id})`;
    return (
      `the object ${object} of the store ${JSON.stringify(this.#segment.name)} was written to through a view. A sealed object ` +
      "never changes: this process has pages of its own there now, and nobody else sees what it wrote. Make a copy with " +
      ".slice() and write to that"
    );
  }
}
