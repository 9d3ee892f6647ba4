/** Up to here a scan of an array is faster than hashing, and a flat message needs no hash table at all. */
const FEW = 8;

/** A list of objects that were added together, all different from each other and from those added before. */
interface Pending {
  readonly objects: readonly object[];
  /** The prototype of all of them. */
  readonly kind: object;
}

/**
 * Numbers objects from 0 in the order they are added, and knows one it has seen.
 *
 * Most values share nothing, so the common case pays for one hash operation an object instead of two: a Set is added to and tells by
 * its size whether the object was new. A Set does not know which number a known object has; but it keeps insertion order, so at the
 * first repetition the numbers are read off it into a Map, which then takes over. Long lists of which it is known that nothing stands in
 * them twice wait: often a message ends before anyone asks for what is in them, and then they were never hashed at all.
 *
 *     stored <= FEW:             few[0, stored) are the objects, seen is empty
 *     stored > FEW, no repeats:  seen holds all of them, in order
 *     after the first repeat:    numbers holds all of them
 *     count - stored:            how many are in the pending lists, which come after the others
 */
export class Memo {
  /** How many objects have a number: the next one's number. */
  count = 0;
  private stored = 0;
  private readonly few: (object | null)[] = new Array(FEW).fill(null);
  private readonly seen = new Set<object>();
  private numbers: Map<object, number> | null = null;
  private pending: Pending[] | null = null;

  /** The object's number if it was added before; otherwise adds it and gives -1. */
  add(object: object): number {
    if (this.pending !== null) this.storePending(this.pending);
    const count = this.count;
    if (count >= FEW) return this.addToMany(object, count);
    const few = this.few;
    for (let i = 0; i < count; i++) if (few[i] === object) return i;
    few[count] = object;
    this.stored = this.count = count + 1;
    return -1;
  }

  /** The object's number; -1 if it has none. */
  find(object: object): number {
    if (this.pending?.some(list => list.objects.includes(object)) || this.isStored(object)) {
      if (this.count <= FEW) return this.few.indexOf(object);
      return this.numbered().get(object)!;
    }
    return -1;
  }

  /**
   * Adds all of some objects with one prototype, in order. False, and nothing is added, if one of them was there before or is there
   * twice. `distinct` says that none is there twice.
   */
  addAll(objects: readonly object[], kind: object, distinct: boolean): boolean {
    if (this.pending?.some(list => list.kind === kind)) this.storePending(this.pending);
    if (distinct && this.stored < objects.length) {
      if (this.areStored(objects)) return false;
      this.pending ??= [];
      this.pending.push({ objects, kind });
      this.count += objects.length;
      return true;
    }
    const start = this.count;
    for (let i = 0; i < objects.length; i++) {
      if (this.add(objects[i]!) < 0) continue;
      this.remove(objects, i);
      this.stored = this.count = start;
      return false;
    }
    return true;
  }

  /** Forgets everything, so that no object outlives the message it was in. */
  clear(): void {
    const few = this.few;
    for (let i = Math.min(this.stored, FEW) - 1; i >= 0; i--) few[i] = null;
    if (this.stored > FEW) {
      this.seen.clear();
      this.numbers = null;
    }
    this.pending = null;
    this.stored = this.count = 0;
  }

  private isStored(object: object): boolean {
    if (this.numbers !== null) return this.numbers.has(object);
    if (this.stored > FEW) return this.seen.has(object);
    for (let i = 0; i < this.stored; i++) if (this.few[i] === object) return true;
    return false;
  }

  /** Whether any of these is stored. */
  private areStored(objects: readonly object[]): boolean {
    if (this.stored > FEW) return objects.some(object => this.isStored(object));
    for (let i = 0; i < this.stored; i++) if (objects.includes(this.few[i]!)) return true;
    return false;
  }

  private storePending(pending: readonly Pending[]): void {
    const { seen, numbers } = this;
    this.pending = null;
    if (numbers === null) {
      if (this.stored <= FEW) for (let i = 0; i < this.stored; i++) seen.add(this.few[i]!);
      for (const { objects } of pending) for (let i = 0; i < objects.length; i++) seen.add(objects[i]!);
    } else {
      let number = this.stored;
      for (const { objects } of pending) for (let i = 0; i < objects.length; i++) numbers.set(objects[i]!, number++);
    }
    this.stored = this.count;
  }

  private addToMany(object: object, count: number): number {
    if (this.numbers !== null) return this.addToNumbers(this.numbers, object, count);
    const seen = this.seen;
    if (count === FEW) {
      if (this.few.includes(object)) return this.few.indexOf(object);
      for (const one of this.few) seen.add(one as object);
    }
    seen.add(object);
    if (seen.size > count) {
      this.stored = this.count = count + 1;
      return -1;
    }
    return this.numbered().get(object) as number;
  }

  /** All objects with their numbers. */
  private numbered(): Map<object, number> {
    const { pending } = this;
    if (this.numbers === null) {
      const numbers = new Map<object, number>();
      if (this.stored > FEW) for (const one of this.seen) numbers.set(one, numbers.size);
      else for (let i = 0; i < this.stored; i++) numbers.set(this.few[i]!, i);
      this.numbers = numbers;
    }
    if (pending !== null) this.storePending(pending);
    return this.numbers;
  }

  private addToNumbers(numbers: Map<object, number>, object: object, count: number): number {
    const number = numbers.get(object);
    if (number !== undefined) return number;
    numbers.set(object, count);
    this.stored = this.count = count + 1;
    return -1;
  }

  /** Takes away the first `count` of some objects, which were added last. */
  private remove(objects: readonly object[], count: number): void {
    const start = this.count - count;
    if (this.count > FEW) {
      for (let i = 0; i < count; i++) {
        this.seen.delete(objects[i]!);
        this.numbers?.delete(objects[i]!);
      }
      if (start <= FEW) {
        this.seen.clear();
        this.numbers = null;
      }
    }
    for (let i = start; i < FEW; i++) this.few[i] = null;
  }
}
