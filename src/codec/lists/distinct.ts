/** Columns that go into a hash; more would cost more than they tell apart. */
const HASHED_COLUMNS = 2;
/** How often a list may look at a full slot, for each object, before hashing what is in the objects is given up. */
const PROBES = 4;
const KEPT_SLOTS = 1 << 17;

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);
let slots = new Int32Array(1024);
let hashes = new Int32Array(512);

/**
 * Whether no object stands in a list twice, found out by what is in the objects. An engine's hash of an object itself is the dearest part of
 * encoding a list; but the same object has the same contents, so a hash of the contents serves, and what it does not tell apart is
 * compared by identity. Null: the contents are too much alike.
 *
 * `columns` hold the contents as they were read. An object whose getters answer differently each time passes for two.
 */
export function areDistinct(objects: readonly object[], columns: readonly (readonly unknown[])[]): boolean | null {
  const count = objects.length;
  if (!hashContents(count, columns)) return null;
  const size = 1 << (33 - Math.clz32(count));
  if (slots.length < size) slots = new Int32Array(size);
  const table = slots;
  table.fill(0, 0, size);
  const answer = probe(objects, table, size - 1);
  if (size > KEPT_SLOTS) {
    slots = new Int32Array(1024);
    hashes = new Int32Array(512);
  }
  return answer;
}

/** Open addressing: a slot holds the index of an object, plus one. */
function probe(objects: readonly object[], table: Int32Array, mask: number): boolean | null {
  let left = objects.length * PROBES;
  for (let i = 0; i < objects.length; i++) {
    let mixed = Math.imul(hashes[i]!, 0x9e3779b1);
    mixed ^= mixed >>> 15;
    for (let at = mixed & mask; ; at = (at + 1) & mask) {
      const other = table[at]!;
      if (other === 0) {
        table[at] = i + 1;
        break;
      }
      if (objects[other - 1] === objects[i]) return false;
      if (--left < 0) return null;
    }
  }
  return true;
}

/** Fills `hashes`. False if there is no column to take them from. */
function hashContents(count: number, columns: readonly (readonly unknown[])[]): boolean {
  if (hashes.length < count) hashes = new Int32Array(count);
  let used = 0;
  for (const type of ["number", "string"]) {
    for (const column of columns) {
      if (used === HASHED_COLUMNS) return true;
      if (typeof column[0] !== type) continue;
      if (used++ === 0) hashes.fill(0, 0, count);
      if (type === "number") hashNumbers(column, count);
      else hashTexts(column, count);
    }
  }
  return used > 0;
}

function hashNumbers(column: readonly unknown[], count: number): void {
  const into = hashes;
  for (let i = 0; i < count; i++) {
    const value = column[i];
    if (typeof value !== "number") continue;
    let bits = value | 0;
    if (bits !== value) {
      double[0] = value;
      bits = halves[0]! ^ halves[1]!;
    }
    into[i] = Math.imul(into[i]!, 31) + bits;
  }
}

/** The length, the ends and the middle. */
function hashTexts(column: readonly unknown[], count: number): void {
  const into = hashes;
  for (let i = 0; i < count; i++) {
    const text = column[i];
    if (typeof text !== "string") continue;
    const { length } = text;
    let hash = length;
    for (let at = Math.max(0, length - 4); at < length; at++) hash = Math.imul(hash, 31) + text.charCodeAt(at);
    if (length > 4) hash = Math.imul(hash, 31) + text.charCodeAt(0) + text.charCodeAt(length >> 1);
    into[i] = Math.imul(into[i]!, 31) + hash;
  }
}
