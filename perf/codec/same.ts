/**
 * Whether `b` is what `a` is: types, prototypes, keys in order, holes, -0, bytes; and the same graph, so that what is one object in `a` is
 * one in `b`, and what is two is two.
 */
export function isSame(a: unknown, b: unknown): boolean {
  const twins = new Map<unknown, unknown>();
  const back = new Map<unknown, unknown>();
  const queue: [unknown, unknown][] = [[a, b]];
  for (const [left, right] of queue) {
    if (typeof left !== "object" || left === null || typeof right !== "object" || right === null) {
      if (!Object.is(left, right)) return false;
    } else if (twins.has(left) || back.has(right)) {
      if (twins.get(left) !== right || back.get(right) !== left) return false;
    } else {
      twins.set(left, right);
      back.set(right, left);
      if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
      const [mine, theirs] = [partsOf(left), partsOf(right)];
      if (mine.length !== theirs.length) return false;
      mine.forEach((part, i) => {
        queue.push([part, theirs[i]]);
      });
    }
  }
  return true;
}

function partsOf(value: object): unknown[] {
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof Map) return [...value].flat();
  if (ArrayBuffer.isView(value)) return [Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")];
  const keys = Object.keys(value);
  return [(value as { length?: number }).length, ...keys, ...keys.map(key => Reflect.get(value, key))];
}
