import { expect } from "bun:test";

/**
 * Fails unless `b` is what `a` is: the same types, prototypes, keys in order, holes, -0, NaN, bytes; and the same shape, so that what is
 * one object in `a` is one in `b`, and what is two is two.
 */
export function expectSame(b: unknown, a: unknown): void {
  const twins = new Map<unknown, unknown>();
  const back = new Map<unknown, unknown>();
  const queue: [unknown, unknown, string][] = [[a, b, "$"]];
  for (let at = 0; at < queue.length; at++) {
    const [left, right, path] = queue[at]!;
    if (typeof left !== "object" || left === null || typeof right !== "object" || right === null) {
      if (!Object.is(left, right)) expect.unreachable(`${path}: ${Bun.inspect(right)}, not ${Bun.inspect(left)}`);
      continue;
    }
    if (twins.has(left) || back.has(right)) {
      if (twins.get(left) !== right || back.get(right) !== left) expect.unreachable(`${path}: identity differs`);
      continue;
    }
    twins.set(left, right);
    back.set(right, left);
    if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) {
      expect.unreachable(`${path}: prototypes differ`);
    }
    if (left instanceof Date) {
      queue.push([left.getTime(), (right as Date).getTime(), `${path}.getTime()`]);
    } else if (left instanceof ArrayBuffer) {
      expect(new Uint8Array(right as ArrayBuffer)).toEqual(new Uint8Array(left));
    } else if (ArrayBuffer.isView(left)) {
      const other = right as typeof left;
      const [mine, theirs] = [left, other].map(v => Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString("hex"));
      if (mine !== theirs) expect.unreachable(`${path}: bytes differ`);
    } else if (left instanceof Map) {
      const [mine, theirs] = [[...left].flat(), [...(right as typeof left)].flat()];
      for (let i = 0; i < Math.max(mine.length, theirs.length); i++) queue.push([mine[i], theirs[i], `${path}#${i}`]);
    } else if (left instanceof Set) {
      const [mine, theirs] = [[...left], [...(right as typeof left)]];
      for (let i = 0; i < Math.max(mine.length, theirs.length); i++) queue.push([mine[i], theirs[i], `${path}#${i}`]);
    } else {
      const keys = Object.keys(left);
      expect(Object.keys(right)).toEqual(keys);
      if (Array.isArray(left)) expect((right as unknown[]).length).toBe(left.length);
      for (const key of keys) {
        queue.push([Reflect.get(left, key), own(right, key), `${path}.${key}`]);
      }
    }
  }
}

function own(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}
