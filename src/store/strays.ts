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

  /** Says what there is to say, once for each object. Costs a look, as a rule. */
  tell(say = warn): void {
    if (this.#turned[0] !== this.#seen) this.tellAll(say);
  }

  /** The same for who knows that there is something: another thread may note its write only after this one saw that it turned a page. */
  tellAll(say = warn): void {
    const { core, at } = this.#segment;
    // Before they are asked for: one that comes meanwhile is the next call's.
    this.#seen = this.#turned[0]!;
    const row = new Uint32Array(StrayRow.size / 4);
    while (core.plasmid_stray(at, row) === 1) say(this.#sentence(row));
  }

  #sentence(row: Uint32Array): string {
    const store = `of the store ${JSON.stringify(this.#segment.name)}`;
    const more = row[StrayRow.more >> 2]!;
    if (more !== 0) {
      return (
        `${more} more ${more === 1 ? "object" : "objects"} ${store} were written to through views, too many at once to name each: ` +
        "the warning before this one says what to do"
      );
    }
    const name = utf8.decode(new Uint8Array(row.buffer, StrayRow.name, row[StrayRow.nameBytes >> 2]!));
    const id = Array.from(row.subarray(0, 4), word => word.toString(16).padStart(8, "0")).join("");
    const object = name === "" ? id : `${JSON.stringify(name)} (${id})`;
    return (
      `the object ${object} ${store} was written to through a view. A sealed object ` +
      "never changes: this process has pages of its own there now, and nobody else sees what it wrote. Make a copy with " +
      ".slice() and write to that"
    );
  }
}
