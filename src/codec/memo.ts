/** Up to here a scan of an array is faster than hashing, and a flat message needs no hash table at all. */
const FEW = 8;

/**
 * Objects that come one by one, as those of a tree, go into a WeakMap: it keeps no order, and takes a third less time to fill and to throw
 * away. What comes in lists is asked for more often than it is added, which a Map does in half the time.
 */
type Numbers = Map<object, number> | WeakMap<object, number>;

/** A list of objects that were added together, all different from each other and from those added before. */
interface Pending {
  readonly objects: readonly object[];
  /** The prototype of all of them. */
  readonly kind: object;
  /** The number of the first. */
  readonly start: number;
  /** From one number to the next. */
  readonly step: number;
}

/**
 * Numbers objects from 0 in the order they are added, and knows one it has seen.
 *
 * Adding to a hash table is the dearest part of it; asking costs a fifth of that. So the first few are not hashed at all, and long lists
 * of which it is known that nothing stands in them twice wait: often a message ends before anyone asks for what is in them.
 *
 *     numbers is null:   few[0, stored) are the objects, each under its number
 *     numbers is there:  it holds all objects but those in the pending lists
 *     count:             all, with those in the pending lists
 */
export class Memo {
  /** How many objects have a number: the next one's number. */
  count = 0;
  private stored = 0;
  private readonly few: (object | null)[] = new Array(FEW).fill(null);
  private numbers: Numbers | null = null;
  private pending: Pending[] | null = null;

  /** The object's number if it was added before; otherwise adds it and gives -1. */
  add(object: object): number {
    if (this.pending !== null) this.storePending(null);
    const count = this.count;
    const numbers = this.numbers;
    if (numbers !== null) {
      const number = numbers.get(object);
      if (number !== undefined) return number;
      numbers.set(object, count);
      this.count = count + 1;
      return -1;
    }
    const few = this.few;
    for (let i = 0; i < count; i++) if (few[i] === object) return i;
    if (count < FEW) {
      few[count] = object;
      this.stored = count + 1;
    } else {
      this.hashed(true).set(object, count);
    }
    this.count = count + 1;
    return -1;
  }

  /** The object's number; -1 if it has none. */
  find(object: object): number {
    if (this.pending !== null) this.storeKind(Object.getPrototypeOf(object) as object | null);
    if (this.numbers !== null) return this.numbers.get(object) ?? -1;
    for (let i = 0; i < this.stored; i++) if (this.few[i] === object) return i;
    return -1;
  }

  /**
   * Adds all of some objects with one prototype, in order. False, and nothing is added, if one of them was there before or is there
   * twice. `distinct` says that none is there twice.
   */
  addAll(objects: readonly object[], kind: object, distinct: boolean): boolean {
    if (this.pending !== null) this.storeKind(kind);
    const start = this.count;
    if (distinct) {
      if (this.areStored(objects)) return false;
      this.pending ??= [];
      this.pending.push({ objects, kind, start, step: 1 });
      this.count += objects.length;
      return true;
    }
    return this.storeAll(objects, start, 1);
  }

  /**
   * Adds views with one prototype, each with its buffer right behind it. False, and nothing is added, if one of the buffers was there
   * before or is there twice; if none is, no view is either. `distinct` says that none is there twice.
   */
  addViews(views: readonly object[], kind: object, buffers: readonly object[], distinct: boolean): boolean {
    if (this.pending !== null) this.storePending(null);
    const start = this.count;
    if (distinct ? this.areStored(buffers) : !this.storeAll(buffers, start + 1, 2)) return false;
    this.pending = [{ objects: views, kind, start, step: 2 }];
    if (distinct) {
      this.pending.push({ objects: buffers, kind: ArrayBuffer.prototype, start: start + 1, step: 2 });
      this.count += views.length * 2;
    }
    return true;
  }

  /** Forgets everything, so that no object outlives the message it was in. */
  clear(): void {
    for (let i = this.stored - 1; i >= 0; i--) this.few[i] = null;
    // A new table costs less than one that was cleared: that has to grow again, too.
    this.numbers = null;
    this.pending = null;
    this.stored = this.count = 0;
  }

  /** Whether any of these is stored. */
  private areStored(objects: readonly object[]): boolean {
    const { numbers } = this;
    if (numbers !== null) {
      for (let i = 0; i < objects.length; i++) if (numbers.has(objects[i]!)) return true;
      return false;
    }
    for (let i = 0; i < this.stored; i++) if (objects.includes(this.few[i]!)) return true;
    return false;
  }

  /** Stores objects from the number `start` on, each `step` after the one before. False, with nothing stored, at a repetition. */
  private storeAll(objects: readonly object[], start: number, step: number): boolean {
    const numbers = this.hashed();
    for (let i = 0; i < objects.length; i++) {
      const object = objects[i]!;
      if (numbers.get(object) === undefined) {
        numbers.set(object, start + i * step);
        continue;
      }
      for (let k = 0; k < i; k++) numbers.delete(objects[k]!);
      return false;
    }
    this.count += objects.length * step;
    return true;
  }

  /** The hash table, with the few in it; if it is not there yet, `alone` says what comes first. */
  private hashed(alone = false): Numbers {
    if (this.numbers !== null) return this.numbers;
    this.numbers = alone ? new WeakMap() : new Map();
    for (let i = 0; i < this.stored; i++) this.numbers.set(this.few[i]!, i);
    return this.numbers;
  }

  /** Stores the pending lists of a kind, of which there mostly are none. */
  private storeKind(kind: object | null): void {
    for (const list of this.pending!) {
      if (list.kind !== kind) continue;
      this.storePending(kind);
      return;
    }
  }

  /** Stores the pending lists of a kind, or all. */
  private storePending(kind: object | null): void {
    let left: Pending[] | null = null;
    for (const list of this.pending!) {
      if (kind !== null && kind !== list.kind) {
        left ??= [];
        left.push(list);
      } else {
        const numbers = this.hashed();
        const { objects, start, step } = list;
        for (let i = 0; i < objects.length; i++) numbers.set(objects[i]!, start + i * step);
      }
    }
    this.pending = left;
  }
}
