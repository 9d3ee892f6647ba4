import { describe, expect, test } from "bun:test";
import {
  decode,
  deregisterSerializer,
  EncodeError,
  encode,
  OpaqueValue,
  register,
  registerModule,
  registerSerializer,
  unregister,
  unregisterModule,
} from "../../src/codec/index.ts";
import { StoreFullError } from "../../src/errors.ts";
import { name, unnameAfterEach } from "./named.ts";
import { decodeError, encodeError } from "./refused.ts";

const REDUCE = Symbol.for("plasmid.reduce");
const RESTORE = Symbol.for("plasmid.restore");

unnameAfterEach();

const ROUND = <T>(value: T): T => decode(encode(value)) as T;

/** What holds a connection, as a database does: nothing to copy, but it can be made anew. */
class Database {
  readonly connection: () => string;
  constructor(readonly path: string) {
    this.connection = () => `to ${path}`;
  }
}

describe("1: a method of the class", () => {
  class Reducible extends Database {
    [REDUCE]() {
      return [Reducible, [this.path]];
    }
  }

  test("builds it anew from its arguments", () => {
    name("Reducible", Reducible);
    const back = ROUND(new Reducible("/tmp/db"));
    expect(back).toBeInstanceOf(Reducible);
    expect(back.connection()).toBe("to /tmp/db");
  });

  test("without a name for what builds it, is refused with the path", () => {
    const error = encodeError({ db: new Reducible("/tmp/db") });
    expect(error.path).toBe("$.db.reduce()[0]");
    expect(error.message).toContain('register("Reducible", …)');
  });

  test("builds by a function as well", () => {
    const open = (path: string) => new Reducible(`${path}!`);
    name("open", open);
    const value = { [REDUCE]: () => [open, ["a"]] };
    expect((ROUND(value) as unknown as Database).path).toBe("a!");
  });

  test("a cycle through the state closes", () => {
    class Node {
      self: unknown = null;
      peers = new Set<unknown>();
      constructor(readonly id: number) {}
      [REDUCE]() {
        return [Node, [this.id], { self: this.self, peers: this.peers }];
      }
    }
    name("Node", Node);
    const node = new Node(7);
    node.self = node;
    node.peers.add(node);
    const [back, again] = ROUND([node, node]);
    expect(back).toBe(again!);
    expect(back!.id).toBe(7);
    expect(back!.self).toBe(back);
    expect(back!.peers.has(back)).toBe(true);
  });

  test("a state may go to a method of its own", () => {
    class Counter {
      #count = 0;
      up() {
        return ++this.#count;
      }
      [REDUCE]() {
        return [Counter, [], this.#count];
      }
      [RESTORE](count: number) {
        this.#count = count;
      }
    }
    name("Counter", Counter);
    const counter = new Counter();
    counter.up();
    expect(ROUND(counter).up()).toBe(2);
  });

  test("a cycle through the arguments can't close, and is refused", () => {
    class Loop {
      inner: unknown = null;
      [REDUCE]() {
        return [Loop, [this.inner]];
      }
    }
    name("Loop", Loop);
    const loop = new Loop();
    loop.inner = [loop];
    expect(encodeError([loop]).message).toContain("state");
    expect(encodeError([loop]).path).toBe("$[0].reduce()[1][0][0]");
  });

  test("what is no reduction is refused", () => {
    const cases: [unknown, string][] = [
      [null, "null, no array"],
      [{}, "no array (object)"],
      [[], "an array of 0"],
      [[Database, [], 1, 2], "an array of 4"],
      [[1, []], "no function or class to build it by"],
      [[Database, 1], "arguments that are no array"],
    ];
    for (const [bad, what] of cases) {
      const { message } = encodeError([{ [REDUCE]: () => bad }]);
      expect(message).toContain(`its reduce gives ${what}; return [build, args]`);
    }
  });

  test("a builder that gives no object is named, with what to do", () => {
    for (const [made, what] of [
      [5, "number"],
      [undefined, "undefined"],
      [null, "null"],
    ] as const) {
      const opened = () => made;
      name("opened", opened);
      const error = decodeError(encode([{ [REDUCE]: () => [opened, []] }]));
      expect(error.message).toMatch(new RegExp(`^opened gives .*${what}; let it return the object`));
      expect(error.path).toBe("$[0]");
      unregister("opened");
    }
  });

  test("what the builder throws becomes the cause", () => {
    class Picky {
      constructor(n: number) {
        if (n === 1) throw new TypeError("not this one");
      }
      [REDUCE]() {
        return [Picky, [1]];
      }
    }
    name("Picky", Picky);
    const error = decodeError(encode([new Picky(0)]));
    expect(error.path).toBe("$[0]");
    expect(error.cause).toBeInstanceOf(TypeError);
  });
});

describe("2: a serializer for a class that one can't change", () => {
  const serializer = { serialize: (db: Database) => db.path, deserialize: (path: string) => new Database(path) };

  test("two classes called alike need a `name`", () => {
    const twin = () => class Twin {};
    const [one, other] = [twin(), twin()];
    const serializer = { serialize: () => 0, deserialize: () => new one() };
    registerSerializer(one, serializer);
    expect(() => registerSerializer(other, serializer)).toThrow('{ name: "…", serialize, deserialize }');
    registerSerializer(other, { ...serializer, name: "other.Twin" });
    deregisterSerializer(one);
    deregisterSerializer(other);
  });

  test("registered, it works at once; deregistered, no more", () => {
    const value = { db: new Database("/x") };
    expect(encodeError(value).path).toBe("$.db");
    registerSerializer(Database, serializer);
    const bytes = encode(value);
    expect((decode(bytes) as typeof value).db.connection()).toBe("to /x");
    deregisterSerializer(Database);
    expect(encodeError(value).path).toBe("$.db");
    expect(decodeError(bytes).message).toContain('"Database"');
    deregisterSerializer(Database);
    deregisterSerializer(class Unknown {});
  });

  test("the last one counts", () => {
    registerSerializer(Database, serializer);
    registerSerializer(Database, { ...serializer, deserialize: path => new Database(path.toUpperCase()) });
    expect(ROUND(new Database("/x")).path).toBe("/X");
    deregisterSerializer(Database);
  });

  test("subclasses inherit it, unless they say otherwise", () => {
    class Named extends Database {}
    class Own extends Database {}
    class Reducing extends Database {
      [REDUCE]() {
        return [Reducing, ["reduced"]];
      }
    }
    registerSerializer(Database, {
      serialize: db => db.path,
      deserialize: (path, type) => Reflect.construct(type as typeof Database, [path]) as Database,
    });
    registerSerializer(Own, { serialize: () => 0, deserialize: () => new Own("own") });
    name("Named", Named);
    name("Reducing", Reducing);
    const back = ROUND([new Database("a"), new Named("b"), new Own("c"), new Reducing("d")]);
    expect(back.map(one => [one.constructor, one.path] as unknown)).toEqual([
      [Database, "a"],
      [Named, "b"],
      [Own, "own"],
      [Reducing, "reduced"],
    ]);
    deregisterSerializer(Database);
    deregisterSerializer(Own);
  });

  test("for a class of the engine's", () => {
    registerSerializer(Promise as never, {
      serialize: () => 0,
      deserialize: () => Promise.resolve(1),
      name: "Promise",
    });
    registerSerializer(Map, { serialize: map => [...map], deserialize: entries => new Map(entries).set("by", "us") });
    try {
      expect(ROUND([Promise.resolve(5)])[0]).toBeInstanceOf(Promise);
      expect(ROUND(new Map([["a", "b"]])).get("by")).toBe("us");
    } finally {
      deregisterSerializer(Promise as never);
      deregisterSerializer(Map);
    }
    expect(ROUND(new Map([["a", "b"]])).size).toBe(1);
  });

  test("classes of one name stay two, by names given", () => {
    const [A, B] = [1, 2].map(
      n =>
        class Twin {
          n = n;
        },
    );
    registerSerializer(A!, { serialize: () => 1, deserialize: () => new A!() });
    expect(() => registerSerializer(B!, { serialize: () => 2, deserialize: () => new B!() })).toThrow("another Twin");
    registerSerializer(B!, { serialize: () => 2, deserialize: () => new B!(), name: "other.Twin" });
    expect(ROUND([new A!(), new B!()]).map(one => one.n)).toEqual([1, 2]);
    deregisterSerializer(A!);
    deregisterSerializer(B!);
  });

  test("nonsense is refused at once", () => {
    for (const bad of [null, {}, Object, Array]) {
      expect(() => registerSerializer(bad as never, serializer as never)).toThrow();
    }
    expect(() => registerSerializer(Database, {} as never)).toThrow("serialize");
  });
});

describe("3: a helper around one value", () => {
  class Helper {
    constructor(readonly db: Database) {}
    [REDUCE]() {
      return [Database, [this.db.path]];
    }
  }

  test("the other side gets what the helper stands for", () => {
    name("Database", Database);
    const back = ROUND({ db: new Helper(new Database("/h")) }) as unknown as { db: Database };
    expect(back.db).toBeInstanceOf(Database);
    expect(back.db.connection()).toBe("to /h");
  });
});

describe("classes with a name need nothing else", () => {
  class Point {
    constructor(
      public x: number,
      public y: number,
    ) {
      made++;
    }
    get sum() {
      return this.x + this.y;
    }
  }
  let made = 0;

  test("an object's own properties, and no constructor", () => {
    name("geo.Point", Point);
    const point = new Point(1, 2);
    made = 0;
    const back = ROUND([point, point]);
    expect(back[0]).toBeInstanceOf(Point);
    expect(back[0]).toBe(back[1]!);
    expect(back[0]!.sum).toBe(3);
    expect(Object.keys(back[0]!)).toEqual(["x", "y"]);
    expect(made).toBe(0);
  });

  test("classes of one name stay two", () => {
    const twins = [1, 2].map(n =>
      name(
        `twin${n}`,
        class Point {
          n = n;
        },
      ),
    );
    const back = ROUND(twins.map(Twin => new Twin()));
    expect(back.map(one => one.constructor)).toEqual(twins);
  });

  test("a name can be given once, the same as often as one likes", () => {
    name("geo.Point", Point);
    expect(register("geo.Point", Point)).toBe(Point);
    expect(() => register("geo.Point", class {})).toThrow("another Point");
    expect(() => register("", Point)).toThrow();
    expect(() => register("p", 1 as never)).toThrow();
  });

  test("subclasses of the engine's classes, with their own properties", () => {
    class Queue<T> extends Array<T> {
      limit = 3;
      get last() {
        return this.at(-1);
      }
    }
    class Registry extends Map<string, unknown> {
      label = "r";
    }
    class Tags extends Set<unknown> {}
    class Pixels extends Uint8Array {
      width = 2;
    }
    class Day extends Date {}
    for (const type of [Queue, Registry, Tags, Pixels, Day]) name(type.name, type);
    const queue = Queue.from([1, 2]) as Queue<unknown>;
    queue.push(queue);
    const registry = new Registry([["q", queue]]);
    registry.set("self", registry);
    const pixels = new Pixels([1, 2, 3, 4]);
    const value = { queue, registry, tags: new Tags([registry]), pixels, day: new Day(5), twice: pixels };
    const back = ROUND(value);
    expect(back.queue).toBeInstanceOf(Queue);
    expect(back.queue.limit).toBe(3);
    expect(back.queue.length).toBe(3);
    expect(back.queue.last).toBe(back.queue);
    expect(back.registry).toBeInstanceOf(Registry);
    expect(back.registry.label).toBe("r");
    expect(back.registry.get("self")).toBe(back.registry);
    expect(back.registry.get("q")).toBe(back.queue);
    expect(back.tags).toBeInstanceOf(Tags);
    expect(back.tags.has(back.registry)).toBe(true);
    expect(back.pixels).toBeInstanceOf(Pixels);
    expect([...back.pixels, back.pixels.width]).toEqual([1, 2, 3, 4, 2]);
    expect(back.twice).toBe(back.pixels);
    expect(back.day).toBeInstanceOf(Day);
    expect(back.day.getTime()).toBe(5);
  });

  test("what such a class says of itself does not deceive", () => {
    class Liar extends Map<unknown, unknown> {
      override get size() {
        return 9;
      }
      override forEach() {}
    }
    class Short extends Float64Array {
      override get byteLength() {
        return 8;
      }
      override get length() {
        return 1;
      }
      override get byteOffset() {
        return 3;
      }
    }
    class Set2 extends Set<unknown> {
      override get size() {
        return 0;
      }
    }
    for (const type of [Liar, Short, Set2]) name(type.name, type);
    const view = Object.defineProperty(new Uint8Array([1, 2, 3]), "byteLength", { value: 1 });
    const back = ROUND([new Liar([[1, 2]]), new Short([1, 2, 3]), new Set2([4]), view] as const);
    expect(Map.prototype.get.call(back[0], 1)).toBe(2);
    expect([...back[1].values()]).toEqual([1, 2, 3]);
    expect(back[2].has(4)).toBe(true);
    expect([...back[3]]).toEqual([1, 2, 3]);
    expect(back[3].byteLength).toBe(1);
  });

  test("a class of the engine's that the codec does not know is refused, name or not", () => {
    class Task extends Promise<unknown> {}
    name("Task", Task);
    expect(encodeError([Task.resolve(1)]).message).toContain("await it first");
    class Weak extends WeakMap {}
    name("Weak", Weak);
    expect(encodeError([new Weak()]).message).toContain("strong counterpart");
  });

  test("a property that the class has a setter for", () => {
    class Odd {
      set x(_: unknown) {
        throw new Error("never called");
      }
    }
    name("Odd", Odd);
    const odd = Object.defineProperty(new Odd(), "x", {
      value: 1,
      enumerable: true,
      writable: true,
      configurable: true,
    });
    expect(Object.getOwnPropertyDescriptor(ROUND(odd), "x")?.value).toBe(1);
  });

  test("functions and classes themselves, by name", () => {
    name("geo.Point", Point);
    const back = ROUND({ Point, again: Point, list: [new Point(1, 2)] });
    expect(back.Point).toBe(Point);
    expect(back.again).toBe(Point);
    expect(back.list[0]).toBeInstanceOf(Point);
  });

  test("100,000 deep", () => {
    class Link {
      constructor(readonly next: unknown) {}
    }
    name("Link", Link);
    let chain: unknown = null;
    for (let i = 0; i < 100_000; i++) chain = new Link(chain);
    let back = ROUND(chain) as Link | null;
    let length = 0;
    for (; back !== null; back = back.next as Link | null) length++;
    expect(length).toBe(100_000);
  });
});

describe("the package's own errors", () => {
  test("have names, and keep what they say", () => {
    const full = new StoreFullError("no room", { store: "s", cause: new Error("inner") }, 5, 3, []);
    const back = ROUND([full, encodeError(() => 1)] as const);
    expect(back[0]).toBeInstanceOf(StoreFullError);
    expect([back[0].name, back[0].code, back[0].message, back[0].bytes]).toEqual([
      "StoreFullError",
      full.code,
      full.message,
      5,
    ]);
    expect((back[0].cause as Error).message).toBe("inner");
    expect(back[1]).toBeInstanceOf(EncodeError);
    expect(back[1].path).toBe("$");
  });
});

describe("names by module", () => {
  test("an exported class, by the module's specifier and its binding", () => {
    class Shape {
      sides = 3;
    }
    registerModule("app/shapes", { Shape, version: 1 });
    const bytes = encode(new Shape());
    expect(Buffer.from(bytes).toString("latin1")).toContain("app/shapes");
    expect(decode(bytes)).toBeInstanceOf(Shape);
    unregisterModule("app/shapes");
    expect(decodeError(bytes).message).toContain('"Shape" of module "app/shapes"');
    expect(decode(bytes, { resolve: ({ name }) => (name === "Shape" ? Shape : undefined) })).toBeInstanceOf(Shape);
    unregisterModule("app/shapes");
  });

  test("nothing is imported unless it is allowed", () => {
    const specifier = new URL("imported.ts", import.meta.url).pathname;
    class Stand {}
    registerModule(specifier, { Imported: Stand });
    const bytes = encode(new Stand());
    unregisterModule(specifier);
    expect(decodeError(bytes).path).toBe("$.constructor");
    const imports: readonly string[] = [specifier];
    expect((decode(bytes, { imports }) as object).constructor.name).toBe("Imported");
  });
});

describe("a class that is not known", () => {
  class Gone {
    constructor(readonly inner: unknown) {}
  }
  class GoneMap extends Map<unknown, unknown> {}

  test("is an error that names it and says what to do", () => {
    register("gone", Gone);
    const bytes = encode({ a: [new Gone(1)] });
    unregister("gone");
    const error = decodeError(bytes);
    expect(error.path).toBe("$.a[0].constructor");
    expect(error.message).toContain('"gone" is not known here; register()');
  });

  test("is kept on demand, and encodes to the same bytes", () => {
    register("gone", Gone);
    register("gone.map", GoneMap);
    const gone = new Gone([1]);
    const map = new GoneMap([[gone, Object.freeze(new Gone(2))]]);
    const adorned = Object.defineProperties(new Gone(3), { type: { value: 1 }, [Symbol.iterator]: { value: gone } });
    const value = [
      gone,
      adorned,
      Object.seal(new Gone(4)),
      { map, reduced: { [REDUCE]: () => [Gone, [1], { gone }] } },
      Gone,
    ];
    const bytes = encode(value);
    registerSerializer(GoneMap, { serialize: () => 1, deserialize: () => new GoneMap() });
    const more = encode([new GoneMap()]);
    deregisterSerializer(GoneMap);
    unregister("gone");
    unregister("gone.map");
    for (const message of [bytes, more]) {
      const kept = decode(message, { unknown: "keep" });
      expect(encode(kept).toHex()).toBe(message.toHex());
    }
    const [first] = decode(bytes, { unknown: "keep" }) as [OpaqueValue];
    expect(first).toBeInstanceOf(OpaqueValue);
    expect(first.class.name).toBe("gone");
    expect(first.parts.slice(2)).toEqual(["inner", [1]]);
  });
});
