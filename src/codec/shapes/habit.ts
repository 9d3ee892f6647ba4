import { MAX_KEYS } from "./code.ts";

/** How many objects are passed over at most between two that are looked at, as long as there is no code for any with as many keys. */
const PASSED_OVER = 7;
/** So many that were looked at have to be alike before code is made for them: making it takes as long as some hundred objects do without. */
const ALIKE = 64;
/** Of how many that were looked at one has to be such, or the code would seldom run, and code that seldom runs is slow. */
const ONE_IN = 6;
/** How many objects that the code was not for are borne with; then one for each so many that it was for. */
const BORNE = 64;
const HITS_A_MISS = 8;
/** Code that handled fewer did not pay: it takes twice as many that are alike before any is made again, and so on up to a most. */
const PAYS = 1024;
const MOST_ALIKE = 1 << 20;
const HABIT_BITS = 8;

/** How code comes about that handles objects of one shape. */
export interface Craft<Code> {
  /** Code for objects with these keys, which tells the habit when it was for another one; null if there can be none. */
  make(keys: readonly string[], habit: Habit<Code>): Code | null;
  /** Code that handles an object as if there were none for it, and gives its keys to `habit.learn`. */
  learner(habit: Habit<Code>): Code;
}

/** What objects that look alike mostly are: the code for them, once enough were. */
export class Habit<Code> {
  /** What the objects have in common at first sight; see `signOf`. */
  private sign = -1;
  private code: Code | null = null;
  private alike = 0;
  private needed = ALIKE;
  private since = 0;
  private hits = 0;
  private misses = 0;
  private readonly learner: Code;

  /** @param codes how many habits have code, by how many keys the objects have */
  constructor(
    private readonly craft: Craft<Code>,
    private readonly codes: Uint16Array,
  ) {
    this.learner = craft.learner(this);
  }

  /** How many keys the objects have. */
  get count(): number {
    return this.sign >> 16;
  }

  /** Code for an object with this sign, which may yet be of another shape; null if there is none. `looks` is how many looks there were. */
  codeFor(sign: number, looks: number): Code | null {
    if (sign === this.sign) {
      if (this.code === null) return this.meet(looks);
      this.hits++;
      return this.code;
    }
    if (this.code === null) {
      this.sign = sign;
      this.alike = 0;
    } else {
      this.miss();
    }
    return null;
  }

  /** The code was not for an object. Objects in it may have had it dropped meanwhile. */
  miss(): void {
    if (this.code === null) return;
    if (++this.misses * HITS_A_MISS <= this.hits + BORNE * HITS_A_MISS) return;
    this.needed = this.hits - this.misses < PAYS ? Math.min(this.needed * 2, MOST_ALIKE) : ALIKE;
    this.codes[this.count]!--;
    this.code = null;
    this.sign = -1;
  }

  /** The keys of an object that had the sign. They may be fewer than its members: then it had one twice, or was no object. */
  learn(keys: readonly string[]): void {
    if (this.code !== null || keys.length !== this.count) return;
    this.hits = this.misses = 0;
    this.code = this.craft.make(keys, this);
    if (this.code !== null) this.codes[this.count]!++;
  }

  private meet(looks: number): Code | null {
    if (this.alike++ === 0) this.since = looks;
    if (this.alike < this.needed) return null;
    this.alike = 0;
    return looks - this.since > this.needed * ONE_IN ? null : this.learner;
  }
}

/** What objects have in common at first sight: how many keys, and the size and the first unit, or byte, of the first. */
export function signOf(count: number, size: number, unit: number): number {
  return (count << 16) | ((size & 0xff) << 8) | (unit & 0xff);
}

/** Habits by signs. */
export class Habits<Code> {
  private readonly all: readonly Habit<Code>[];
  private readonly codes = new Uint16Array(MAX_KEYS + 1);
  private passOver = 0;
  private looks = 0;

  constructor(craft: Craft<Code>) {
    this.all = Array.from({ length: 1 << HABIT_BITS }, () => new Habit(craft, this.codes));
  }

  /** Whether to ask for code for an object with so many keys. That is asked of every object, and must cost next to nothing. */
  knows(count: number): boolean {
    if (count > MAX_KEYS) return false;
    if (this.codes[count] !== 0) return true;
    if (this.passOver-- > 0) return false;
    // Drawn, for a message may have as many objects as any fixed number, and then only some would ever be looked at.
    this.passOver = Math.floor(Math.random() * (PASSED_OVER + 1));
    return true;
  }

  /** Code for an object with this sign, which may yet be of another shape; null if there is none. */
  codeFor(sign: number): Code | null {
    const habit = this.all[Math.imul(sign, 0x9e3779b1) >>> (32 - HABIT_BITS)]!;
    return habit.codeFor(sign, this.looks++);
  }
}
