import * as c from "./constants.ts";
import type { Decoder } from "./decoder.ts";
import type { Composite } from "./extension.ts";
import { packedReaders } from "./lists/containers.ts";
import { setProperty } from "./property.ts";
import { compositeByCode } from "./types/registry.ts";

/** A container that is being read. */
interface Frame {
  /** Its next child belongs to a value that is not yet read; false if it has them all. Reads keys and holes, which nest nothing. */
  advance(decoder: Decoder): boolean;
  put(child: unknown): void;
  /** The finished object. */
  close(decoder: Decoder): unknown;
}

class ArrayFrame implements Frame {
  private next = 0;

  constructor(
    private readonly array: unknown[],
    private readonly count: number,
  ) {}

  advance(decoder: Decoder): boolean {
    while (this.next < this.count && decoder.skipHole()) this.next++;
    return this.next < this.count;
  }

  put(child: unknown): void {
    this.array[this.next++] = child;
  }

  close(): unknown {
    return this.array;
  }
}

class ObjectFrame implements Frame {
  private key: unknown = undefined;
  private map: Map<unknown, unknown> | null = null;
  private awaitsKey = false;

  constructor(
    private readonly object: Record<string, unknown>,
    private left: number,
  ) {}

  advance(decoder: Decoder): boolean {
    if (this.awaitsKey) {
      // The key of a foreign map was itself read as a child.
      this.awaitsKey = false;
      return true;
    }
    if (this.left === 0) return false;
    this.left--;
    if (this.map === null) {
      this.key = decoder.readKey();
      if (this.key !== null) return true;
      this.map = new Map(Object.entries(this.object));
    }
    this.awaitsKey = true;
    return true;
  }

  put(child: unknown): void {
    if (this.awaitsKey) this.key = child;
    else if (this.map !== null) this.map.set(this.key, child);
    else setProperty(this.object, this.key as string, child);
  }

  close(): unknown {
    return this.map ?? this.object;
  }
}

class CompositeFrame implements Frame {
  private readonly parts: unknown[] = [];
  private object: object | null = null;

  constructor(
    private readonly type: Composite,
    private readonly count: number,
    private readonly slot: number,
    private readonly start: number,
    private readonly end: number,
  ) {}

  advance(decoder: Decoder): boolean {
    const { type, parts } = this;
    if (parts.length === type.partsToCreate && this.object === null) {
      this.object = decoder.create(type, parts, this.slot, this.start);
    }
    return parts.length < this.count;
  }

  put(child: unknown): void {
    this.parts.push(child);
  }

  close(decoder: Decoder): unknown {
    const { type, parts, start, end } = this;
    const object = this.object ?? decoder.create(type, parts, this.slot, start);
    decoder.fill(type, object, parts, start);
    if (decoder.p !== end) decoder.fail("an extension whose contents end elsewhere", start);
    return object;
  }
}

/** Frames for containers of which the header was read. */
export const openFrame = {
  array(decoder: Decoder, count: number): Frame {
    decoder.claim(count);
    return new ArrayFrame(decoder.admit(new Array<unknown>(count)), count);
  },

  object(decoder: Decoder, count: number): Frame {
    decoder.claim(count * 2);
    return new ObjectFrame(decoder.admit({}), count);
  },

  composite(decoder: Decoder, type: Composite, end: number): Frame {
    const start = decoder.p;
    const slot = decoder.reserveFor(type);
    return new CompositeFrame(type, decoder.readPartCount(type), slot, start, end);
  },
};

/**
 * Reads the container that `first` stands for, and all below it, on a stack of its own. `depth` is how many containers are around it.
 */
export function readDeep(decoder: Decoder, first: Frame, depth: number): unknown {
  const stack: Frame[] = [];
  let frame = first;
  checkDepth(decoder, depth);
  for (;;) {
    if (frame.advance(decoder)) {
      const inner = openNext(decoder);
      if (inner === null) {
        frame.put(decoder.read(0));
      } else {
        stack.push(frame);
        frame = inner;
        checkDepth(decoder, depth + stack.length);
      }
    } else {
      const value = frame.close(decoder);
      const outer = stack.pop();
      if (outer === undefined) return value;
      outer.put(value);
      frame = outer;
    }
  }
}

function checkDepth(decoder: Decoder, depth: number): void {
  if (depth >= decoder.maxDepth) decoder.fail(`nested deeper than the limit of ${decoder.maxDepth}`);
}

/** If what comes next is a container, reads its header. */
function openNext(decoder: Decoder): Frame | null {
  const start = decoder.p;
  const lead = decoder.readByte();
  if (lead >= c.FIXMAP && lead < c.FIXARRAY) return openFrame.object(decoder, lead & 0x0f);
  if (lead >= c.FIXARRAY && lead < c.FIXSTR) return openFrame.array(decoder, lead & 0x0f);
  if (lead === c.ARRAY16) return openFrame.array(decoder, decoder.readU16());
  if (lead === c.ARRAY32) return openFrame.array(decoder, decoder.readU32());
  if (lead === c.MAP16) return openFrame.object(decoder, decoder.readU16());
  if (lead === c.MAP32) return openFrame.object(decoder, decoder.readU32());
  if (c.isExt(lead)) {
    const size = decoder.readExtSize(lead);
    const code = decoder.readByte();
    if (packedReaders.has(code)) decoder.failDepth();
    const type = compositeByCode[code];
    if (type !== undefined) {
      if (size > decoder.end - decoder.p) decoder.truncated();
      return openFrame.composite(decoder, type, decoder.p + size);
    }
  }
  decoder.p = start;
  return null;
}
