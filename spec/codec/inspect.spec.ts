import { describe, expect, test } from "bun:test";
import { capture, encode, type FailTuple, inspectSerializability } from "../../src/codec/index.ts";

/** A resource that no other process can have. */
const lock = new WeakMap();

function printed(value: unknown, options: Parameters<typeof inspectSerializability>[1] = {}): string {
  let text = "";
  inspectSerializability(value, { ...options, stream: { write: (more: string) => (text += more) } });
  return text;
}

const failuresOf = (value: unknown, options = {}): readonly FailTuple[] =>
  inspectSerializability(value, { ...options, stream: null }).failures;

describe("inspectSerializability", () => {
  const job = { rows: [1], workers: [{}, {}, {}, { lock, name: "w3" }] };

  test("names what fails, with its path, its parent and the reason", () => {
    const [failure, ...others] = failuresOf({ job });
    expect(others).toEqual([]);
    expect(failure!.name).toBe("lock");
    expect(failure!.path).toBe("$.job.workers[3].lock");
    expect(failure!.obj).toBe(lock);
    expect(failure!.parent).toBe(job.workers[3]);
    expect(failure!.reason).toContain("strong counterpart");
    expect(String(failure)).toBe(
      "FailTuple(lock [path=$.job.workers[3].lock, obj=WeakMap { <items unknown> }, parent={ lock: [WeakMap], name: 'w3' }])",
    );
  });

  test("prints a tree: a banner, a step for each level, what fails", () => {
    expect(printed(job, { name: "job" }).split("\n")).toEqual([
      "=".repeat(66),
      "Checking serializability of job: { rows: [Array], workers: [Array] }",
      "=".repeat(66),
      `!!! FAIL serialization: ${failuresOf(job)[0]!.reason}`,
      "    Serializing 'rows' [ 1 ]...",
      "    Serializing 'workers' [ {}, {}, {}, ... 1 more item ]...",
      "        Serializing '[0]' {}...",
      "        Serializing '[1]' {}...",
      "        Serializing '[2]' {}...",
      "        Serializing '[3]' { lock: [WeakMap], name: 'w3' }...",
      "            Serializing 'lock' WeakMap { <items unknown> }...",
      `            !!! FAIL serialization: ${failuresOf(job)[0]!.reason}`,
      "=".repeat(66),
      "Variable:",
      "",
      `    ${failuresOf(job)[0]}`,
      "",
      "can't be serialized. Leave them out, make them where they are used, or do what the lines above say.",
      "=".repeat(66),
      "",
    ]);
  });

  test("depth bounds the print, not the search", () => {
    const text = printed(job, { depth: 1 });
    expect(text).toContain("... (depth 1");
    expect(text).not.toContain("'[3]'");
    expect(text).toContain("path=$.workers[3].lock");
  });

  test("a closure over a lock, as in Ray's guide", () => {
    const data = [1, 2];
    const task = capture(
      () => [data, lock],
      () => ({ data, lock }),
    );
    const text = printed(task, { name: "task" });
    expect(text).toContain("Detected 2 variables and members. Checking serializability...");
    expect(text).toContain("Serializing 'data' [ 1, 2 ]...");
    expect(text).toContain("Serializing 'lock' WeakMap { <items unknown> }...\n    !!! FAIL serialization");
    const [failure] = failuresOf(task);
    expect([failure!.name, failure!.path, failure!.parent]).toEqual(["lock", "$.(captured lock)", task]);
  });

  test("goes on past the first failure, and into what fails itself", () => {
    class Actor {
      lock = lock;
      static connection = Promise.resolve();
      use() {
        return lock;
      }
    }
    const names = failuresOf([Symbol("one"), new Actor(), { two: new WeakRef({}) }]).map(({ path }) => path);
    expect(names).toEqual(["$[0]", "$[1].constructor", "$[1].constructor.connection", "$[1].lock", "$[2].two"]);
  });

  test("without code a function fails", () => {
    expect(failuresOf([() => 1])).toEqual([]);
    expect(failuresOf([() => 1], { code: false })[0]!.path).toBe("$[0]");
  });

  test("agrees with encode", () => {
    const cyclic: Record<string, unknown> = { a: 1 };
    cyclic.self = cyclic;
    const throwing = {
      get bad(): never {
        throw new Error("mine");
      },
    };
    for (const value of [
      cyclic,
      [1, new Map([[{}, new Set([1n])]])],
      () => 1,
      throwing,
      { throwing },
      lock,
      [lock],
      null,
    ]) {
      let ok = true;
      try {
        encode(value, { code: true });
      } catch {
        ok = false;
      }
      expect(inspectSerializability(value, { stream: null }).ok).toBe(ok);
    }
    expect(failuresOf({ throwing })[0]).toMatchObject({ path: "$.throwing.bad", name: "bad", parent: throwing });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(failuresOf({ a: [proxy] })[0]).toMatchObject({ path: "$.a[0]" });
    expect(printed(cyclic)).toContain("It can be serialized.");
  });

  test("prints to the console unless told otherwise, and returns the same", () => {
    const lines: unknown[] = [];
    const { log } = console;
    console.log = (...args: unknown[]) => lines.push(...args);
    try {
      expect(inspectSerializability(1)).toEqual({ ok: true, failures: [] });
    } finally {
      console.log = log;
    }
    expect(String(lines)).toContain("Checking serializability of value: 1");
  });

  test("a hundred thousand levels, and a hundred thousand locks", () => {
    let deep: unknown = lock;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(failuresOf(deep)).toHaveLength(1);
    const many = Array.from({ length: 100_000 }, () => new WeakSet());
    expect(failuresOf(many)).toHaveLength(1000);
    expect(printed(many).split("\n").length).toBeLessThan(100);
  });
});
