/** Up to here a scan of an array is faster than hashing, and a flat message needs no hash table at all. */
const FEW = 8;

/**
 * Numbers objects from 0 in the order they are added, and knows one it has seen.
 *
 * Most values share nothing, so the common case pays for one hash operation an object instead of two: a Set is added to and tells by
 * its size whether the object was new. A Set does not know which number a known object has; but it keeps insertion order, so at the
 * first repetition the numbers are read off it into a Map, which then takes over.
 *
 *     count <= FEW:              few[0, count) are the objects, seen is empty
 *     count > FEW, no repeats:   seen holds all of them, in order
 *     after the first repeat:    numbers holds all of them
 */
export class Memo {
  /** How many objects have a number: the next one's number. */
  count = 0;
  private readonly few: (object | null)[] = new Array(FEW).fill(null);
  private readonly seen = new Set<object>();
  private numbers: Map<object, number> | null = null;

  /** The object's number if it was added before; otherwise adds it and gives -1. */
  add(object: object): number {
    const count = this.count;
    if (count >= FEW) return this.addToMany(object, count);
    const few = this.few;
    for (let i = 0; i < count; i++) if (few[i] === object) return i;
    few[count] = object;
    this.count = count + 1;
    return -1;
  }

  /** The object's number; -1 if it has none. */
  find(object: object): number {
    const { count, few } = this;
    if (count <= FEW) {
      for (let i = 0; i < count; i++) if (few[i] === object) return i;
      return -1;
    }
    if (this.numbers === null && !this.seen.has(object)) return -1;
    return this.numbered().get(object) ?? -1;
  }

  /** Adds all of some objects, in order. False, and nothing is added, if one of them was there before or is there twice. */
  addAll(objects: readonly object[]): boolean {
    const start = this.count;
    for (let i = 0; i < objects.length; i++) {
      if (this.add(objects[i]!) < 0) continue;
      this.remove(objects, i);
      this.count = start;
      return false;
    }
    return true;
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

  /** Forgets everything, so that no object outlives the message it was in. */
  clear(): void {
    const few = this.few;
    for (let i = Math.min(this.count, FEW) - 1; i >= 0; i--) few[i] = null;
    if (this.count > FEW) {
      this.seen.clear();
      this.numbers = null;
    }
    this.count = 0;
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
      this.count = count + 1;
      return -1;
    }
    return this.numbered().get(object) as number;
  }

  private numbered(): Map<object, number> {
    if (this.numbers !== null) return this.numbers;
    const numbers = new Map<object, number>();
    for (const one of this.seen) numbers.set(one, numbers.size);
    this.numbers = numbers;
    return numbers;
  }

  private addToNumbers(numbers: Map<object, number>, object: object, count: number): number {
    const number = numbers.get(object);
    if (number !== undefined) return number;
    numbers.set(object, count);
    this.count = count + 1;
    return -1;
  }
}
