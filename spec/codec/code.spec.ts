import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { root } from "../../scripts/paths.ts";
import { forgetClasses } from "../../src/codec/code/class-ids.ts";
import { capture, DecodeError, Decoder, decode, encode, register, scope } from "../../src/codec/index.ts";
import { encodeError } from "./refused.ts";

/** There and back, as in another process: classes are not known there. */
// biome-ignore lint/suspicious/noExplicitAny: what comes back is called, and shown to be right by that.
function sent<T>(value: T): any {
  const bytes = encode(value, { code: true });
  forgetClasses();
  return decode(bytes, { code: true });
}

function refusal(value: unknown): string {
  return encodeError(value, { code: true }).message;
}

describe("both sides have to allow code", () => {
  test("encode refuses a function, and names the option", () => {
    expect(() => encode([() => 1])).toThrow(/^\$\[0\]: a function can't be encoded: .*\{ code: true \}/);
  });

  test("decode refuses each kind of code, evaluates nothing, and names the option", () => {
    const seen = capture(
      class {
        [Symbol.iterator]() {}
      },
      () => ({ Math }),
    );
    for (const value of [() => 1, seen, Math.max]) {
      const bytes = encode({ a: [value] }, { code: true });
      try {
        decode(bytes);
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
        expect((error as DecodeError).message).toContain("decode(bytes, { code: true })");
        expect((error as DecodeError).path).toBe("$.a[0]");
      }
      expect(decode(bytes, { code: true })).toBeDefined();
    }
  });

  test("data alone is encoded to the same bytes", () => {
    const value = [{ a: 1 }, new Map([[1, 2]])];
    expect(encode(value, { code: true })).toEqual(encode(value));
  });
});

describe("functions", () => {
  test("of every kind come back as the same kind", async () => {
    const object = {
      method(a: number) {
        return a + 1;
      },
      *generator() {
        yield 1;
      },
      async "odd key"() {
        return 2;
      },
      get accessor() {
        return 3;
      },
      set accessor(_value: number) {},
      [Symbol.iterator]() {
        return 4;
      },
    };
    const accessor = Object.getOwnPropertyDescriptor(object, "accessor")!;
    const all = [
      (a: number, b = 2) => a + b,
      function named(...rest: number[]) {
        return rest.length;
      },
      async () => 5,
      async function* stream() {
        yield 6;
      },
      object.method,
      object.generator,
      object["odd key"],
      object[Symbol.iterator],
      accessor.get!,
      accessor.set!,
    ];
    const back = sent(all) as typeof all;
    for (const [i, fn] of all.entries()) {
      expect(Object.getPrototypeOf(back[i])).toBe(Object.getPrototypeOf(fn));
      expect([back[i]!.name, back[i]!.length]).toEqual([fn.name, fn.length]);
      expect(Object.hasOwn(back[i]!, "prototype")).toBe(Object.hasOwn(fn, "prototype"));
      expect(back[i]).not.toBe(fn);
    }
    const [arrow, named, later, stream, method, generator, odd, iterator, getter] = back as [
      // biome-ignore lint/suspicious/noExplicitAny: called below.
      ...any[],
    ];
    expect([
      arrow(1),
      named(1, 2),
      await later(),
      method(1),
      [...generator()],
      await odd(),
      iterator(),
      getter(),
    ]).toEqual([3, 2, 5, 2, [1], 2, 4, 3]);
    expect((await stream().next()).value).toBe(6);
  });

  test("eval, which sees the parameters and variables around it", () => {
    const run = new Function("return text => { const own = 2; return eval(text) + own; }")() as (
      text: string,
    ) => number;
    expect((sent(run) as typeof run)("own * 20")).toBe(42);
  });

  test("typeof of a name that may not exist", () => {
    const text = "() => [typeof notDeclaredAnywhere, typeof (norThis) === 'undefined']";
    const ask = new Function(`return ${text}`)() as () => unknown;
    expect((sent(ask) as typeof ask)()).toEqual(["undefined", true]);
    const given = capture(new Function("return () => typeof here")() as () => string, () => ({ here: 1 }));
    expect((sent(given) as typeof given)()).toBe("number");
  });

  test("recursion by the function's own name, and by a captured one", () => {
    function factorial(n: number): number {
      return n <= 1 ? 1 : n * factorial(n - 1);
    }
    expect(sent(factorial)(5)).toBe(120);
    const even: (n: number) => boolean = capture(
      n => n === 0 || odd(n - 1),
      () => ({ odd }),
    );
    const odd: (n: number) => boolean = capture(
      n => n !== 0 && even(n - 1),
      () => ({ even }),
    );
    expect([sent(even)(10), sent(odd)(10)]).toEqual([true, false]);
  });

  test("captured values are those of the time of encoding, and keep their identity", () => {
    const table = new Map([["a", 1]]);
    let suffix = "early";
    const look = capture(
      (key: string) => `${table.get(key)} ${suffix}`,
      () => ({ table, suffix }),
    );
    suffix = "late";
    const back = sent({ table, look });
    expect(back.look("a")).toBe("1 late");
    back.table.set("a", 2);
    expect(back.look("a")).toBe("2 late");
    expect(look("a")).toBe("1 late");
  });

  test("large captured arrays go out of band", () => {
    const rows = new Float64Array(1000).fill(2);
    const sum = capture(
      () => rows.reduce((a, b) => a + b),
      () => ({ rows }),
    );
    const buffers: Uint8Array[] = [];
    const bytes = encode(sum, { code: true, buffers });
    expect([buffers.length, bytes.length < 200]).toEqual([1, true]);
    const back = decode(bytes, { code: true, buffers }) as () => number;
    expect(back()).toBe(2000);
    rows[0] = 3;
    expect(back()).toBe(2001);
  });

  test("functions with one thunk share their variables; with two, only the objects in them", () => {
    let count = 0;
    const variables = () => ({ count });
    const increment = capture(() => ++count, variables);
    const current = capture(() => count, variables);
    const apart = capture(
      () => count,
      () => ({ count }),
    );
    increment();
    const [increment2, current2, apart2] = sent([increment, current, apart]);
    increment2();
    expect([current2(), apart2(), current(), count]).toEqual([2, 1, 1, 1]);
    // What was decoded can be sent on, and is a copy then.
    const [increment3, current3] = sent([increment2, current2]);
    increment3();
    expect([current3(), current2()]).toEqual([3, 2]);
  });

  test("a variable of an outer scope is shared across inner ones", () => {
    let total = 0;
    const outer = scope(() => ({ total }));
    const make = (step: number) => {
      let own = 0;
      const inner = scope(() => ({ own, step }), outer);
      const add = capture(
        () => {
          own += step;
          total += step;
        },
        () => ({}),
        inner,
      );
      const read = capture(
        () => [own, total],
        () => ({}),
        inner,
      );
      return [add, read] as const;
    };
    const [[add1, read1], [add10, read10]] = sent([make(1), make(10)]);
    add1();
    add10();
    add10();
    expect([read1(), read10()]).toEqual([
      [1, 21],
      [20, 21],
    ]);
  });

  test("an arrow function's `this`, also in a cycle through the function itself", () => {
    class Counter {
      n = 1;
    }
    const object = Object.assign({}, new Counter()) as { n: number; read?: () => number };
    (function (this: typeof object) {
      this.read = capture(
        () => this.n,
        () => ({ this: this }),
      );
    }).call(object);
    const copy = sent(object);
    copy.n = 5;
    expect(copy.read()).toBe(5);
    expect(sent(object.read)()).toBe(1);
    expect(
      refusal(
        (
          () => () =>
            object
        )().bind,
      ),
    ).toContain("native");
  });

  test("`this`, and variables that are shared with others", () => {
    let n = 0;
    const shared = scope(() => ({ n }));
    const object = { k: 10, f: () => 0, g: () => 0 };
    (function (this: typeof object) {
      this.f = capture(
        () => this.k + ++n,
        () => ({ this: this }),
        shared,
      );
      this.g = capture(
        () => n,
        () => ({}),
        shared,
      );
    }).call(object);
    const back = sent(object);
    expect([back.f(), back.f(), back.g(), n]).toEqual([11, 12, 2, 0]);
  });

  test("own properties, and their attributes", () => {
    const mark = Symbol.for("mark");
    const fn = Object.assign(() => 1, { version: [1], self: null as unknown });
    fn.self = fn;
    Object.defineProperty(fn, "hidden", { value: 7 });
    Object.defineProperty(fn, "name", { value: "renamed", configurable: true });
    Object.defineProperty(fn, "both", { get: () => 8, set(_v) {} });
    void mark;
    const back = sent(fn);
    expect(back.self).toBe(back);
    expect(back.version).toEqual([1]);
    expect(Object.getOwnPropertyDescriptor(back, "hidden")).toEqual(Object.getOwnPropertyDescriptor(fn, "hidden"));
    expect([back.name, back.both]).toEqual(["renamed", 8]);
    expect(Object.getOwnPropertyDescriptor(back, "both")!.set).toBeFunction();
    expect(Object.isFrozen(sent(Object.freeze(() => 1)))).toBe(true);
  });

  test("strictness stays", () => {
    const sloppy = new Function("return typeof this");
    const strict = new Function('"use strict"; return typeof this');
    expect([sloppy(), strict()]).toEqual(["object", "undefined"]);
    expect([sent(sloppy)(), sent(strict)()]).toEqual(["object", "undefined"]);
    expect(
      sent(function () {
        // @ts-expect-error: a module is strict
        return typeof this;
      })(),
    ).toBe("undefined");
  });

  test("what comes with the engine goes by its name", () => {
    const { max } = Math;
    const path = process.getBuiltinModule("node:path");
    const join2 = path.join;
    const fn = capture(
      (...parts: string[]) => [max(1, 2), join2(...parts), path.sep],
      () => ({ max, join2, path }),
    );
    const bytes = encode(fn, { code: true });
    expect(bytes.length).toBeLessThan(250);
    expect((decode(bytes, { code: true }) as typeof fn)("a", "b")).toEqual([2, "a/b", "/"]);
    expect(sent([Math.max, Map, parseInt])).toEqual([Math.max, Map, parseInt]);
  });

  test("one text is compiled once", () => {
    const bytes = encode(() => 1, { code: true });
    const many = Array.from({ length: 1000 }, () => decode(bytes, { code: true }));
    expect(new Set(many).size).toBe(1000);
  });

  test("a chain of 20,000 functions, each captured by the next", () => {
    let last: () => number = () => 0;
    for (let i = 0; i < 20_000; i++) {
      const next = last;
      last = capture(
        () => (next === undefined ? -1 : 1),
        () => ({ next }),
      );
    }
    expect(sent(last)()).toBe(1);
  });
});

describe("classes", () => {
  test("with parents, fields, statics, accessors, super, private members and blocks", () => {
    let runs = 0;
    class Base {
      #hidden = 1;
      static made = 0;
      static {
        runs++;
        Base.made = 10;
      }
      get hidden() {
        return this.#hidden;
      }
      set hidden(value) {
        this.#hidden = value;
      }
      static create() {
        return new this();
      }
    }
    class Derived extends Base {
      field = 2;
      override get hidden() {
        return super.hidden + 100;
      }
      override set hidden(value) {
        super.hidden = value;
      }
      *[Symbol.iterator]() {
        yield this.field;
      }
    }
    capture(Base, () => ({ runs }));
    Base.made++;
    const Derived2 = sent(Derived) as typeof Derived;
    const Base2 = Object.getPrototypeOf(Derived2) as typeof Base;
    const made = Derived2.create() as Derived;
    made.hidden = 5;
    expect([made.hidden, [...made], made instanceof Base2, made instanceof Base]).toEqual([105, [2], true, false]);
    expect([Derived2.name, Base2.name, Derived2.made, runs]).toEqual(["Derived", "Base", 11, 1]);
    expect(Object.getOwnPropertyDescriptor(Base2, "made")).toEqual(Object.getOwnPropertyDescriptor(Base, "made"));
    expect(() => (Derived2 as unknown as () => void)()).toThrow(TypeError);
  });

  test("a parent that makes its child", () => {
    class Shape {
      static make(): Shape {
        return new Circle();
      }
    }
    class Circle extends Shape {
      radius = 2;
    }
    capture(Shape, () => ({ Circle }));
    for (const back of [sent(Shape), sent(Circle)]) {
      const made = back.make();
      expect(made.radius).toBe(2);
      expect(made instanceof back).toBe(true);
    }
  });

  test("that extend what the engine has, null, and a mixin", () => {
    class Registry extends Map<string, number> {
      total() {
        return [...this.values()].reduce((a, b) => a + b, 0);
      }
    }
    const registry = new (sent(Registry))([["a", 2]]);
    expect([registry.total(), registry instanceof Map]).toEqual([2, true]);
    class Nothing extends (null as unknown as ObjectConstructor) {
      static x = 1;
    }
    const Nothing2 = sent(Nothing);
    expect([Nothing2.x, Object.getPrototypeOf(Nothing2.prototype)]).toEqual([1, null]);
    const Loud = <T extends new (...args: never[]) => { say(): string }>(Parent: T) =>
      class extends (Parent as unknown as new () => { say(): string }) {
        override say() {
          return super.say().toUpperCase();
        }
      };
    class Dog {
      say() {
        return "woof";
      }
    }
    expect(new (sent(Loud(Dog)))().say()).toBe("WOOF");
  });

  test("with static accessors, generators and members of any name, in their order", async () => {
    class Mixed {
      static get total() {
        return 5;
      }
      static set total(_value: number) {}
      static async *stream() {
        yield 1;
      }
      "odd key"() {
        return 7;
      }
      12() {
        return 12;
      }
      static "s k" = 4;
    }
    const Mixed2 = sent(sent(Mixed));
    expect(Reflect.ownKeys(Mixed2)).toEqual(Reflect.ownKeys(Mixed));
    expect(Object.getOwnPropertyDescriptor(Mixed2, "total")!.set).toBeFunction();
    expect([Mixed2.total, Mixed2["s k"], (await Mixed2.stream().next()).value]).toEqual([5, 4, 1]);
    expect([new Mixed2()["odd key"](), new Mixed2()[12]()]).toEqual([7, 12]);
  });

  test("changed after they were made", () => {
    class Point {
      x = 1;
    }
    Object.assign(Point.prototype, {
      double(this: Point) {
        return this.x * 2;
      },
    });
    Object.assign(Point, { origin: [0, 0] });
    const Point2 = sent(Point);
    expect([new Point2().double(), Point2.origin]).toEqual([2, [0, 0]]);
    function Old(this: { z: number }) {
      this.z = 1;
    }
    Old.prototype = {
      hi(this: { z: number }) {
        return this.z;
      },
    };
    const Old2 = sent(Old);
    expect([new Old2().hi(), Object.hasOwn(Old2.prototype, "constructor")]).toEqual([1, false]);
    function Young() {}
    Object.setPrototypeOf(Young.prototype, Old.prototype);
    expect(refusal(Young)).toContain("no class's");
  });

  test("members named by captured variables", () => {
    const key = "computed";
    const symbol = Symbol.for("plasmid.test");
    class Named {
      [key]() {
        return 1;
      }
      static [symbol]() {
        return 2;
      }
    }
    capture(Named, () => ({ key, symbol }));
    const Named2 = sent(Named);
    expect([new Named2().computed(), Named2[symbol]()]).toEqual([1, 2]);
    const local = Symbol("local");
    class Local {
      [local]() {}
    }
    expect(refusal(capture(Local, () => ({ local })))).toContain("Symbol.for");
  });

  test("a class twice is one class, in a message and between messages", () => {
    class Point {}
    expect(sent([Point, Point]).length).toBe(2);
    const [a, b] = sent([Point, Point]);
    expect(a).toBe(b);
    const bytes = encode(a, { code: true });
    expect(decode(bytes, { code: true })).toBe(a);
    forgetClasses();
    const other = decode(bytes, { code: true });
    expect(other).not.toBe(a);
    expect(decode(bytes, { code: true })).toBe(other);
    // The one that was there first keeps what it has.
    Object.assign(a, { version: 2 });
    decode(encode(a, { code: true }), { code: true });
    expect((other as { version?: number }).version).toBeUndefined();
  });

  test("instances bring their class along; those with #private fields are refused", () => {
    class Point {
      x = 1;
      double() {
        return this.x * 2;
      }
    }
    class Tagged extends Map<string, Point> {
      tag = "t";
    }
    const point = Object.assign(new Point(), { x: 4 });
    const tagged = Object.assign(new Tagged([["p", point]]), { tag: "u" });
    const [a, b, c] = sent([point, point, tagged]);
    expect([a.double(), a === b, c.get("p") === a, c.tag, c.constructor.name]).toEqual([8, true, true, "u", "Tagged"]);
    expect(a.constructor).not.toBe(Point);
    expect(decode(encode(point, { code: true }), { code: true })).toEqual(point);
    class Secret {
      #code = 1;
      open() {
        return this.#code;
      }
    }
    class Child extends Secret {}
    expect(refusal([new Secret()])).toContain("#private");
    expect(refusal([new Child()])).toContain("#private");
    expect(new (sent(Child))().open()).toBe(1);
    const named = register("code.spec.Secret", Secret);
    expect(() => encode(new named())).toThrow("#private");
  });

  test("a class that keeps its instances", () => {
    class Registered {
      static all: Registered[] = [];
      constructor() {
        Registered.all.push(this);
      }
    }
    new Registered();
    const back = sent(Registered);
    expect(back.all[0]).toBeInstanceOf(back);
  });

  test("in another process", async () => {
    class Base {
      hello() {
        return `hello from ${this.constructor.name}`;
      }
    }
    class Child extends Base {}
    const greeting = "and a closure";
    const bytes = encode(
      {
        Child,
        fn: capture(
          () => new Child().hello() + greeting,
          () => ({ Child, greeting }),
        ),
      },
      { code: true },
    );
    const program = `import { decode } from ${JSON.stringify(join(root, "src/codec/index.ts"))};
      const { Child, fn } = decode(Uint8Array.fromHex("${bytes.toHex()}"), { code: true });
      console.log(new Child().hello(), "|", fn());`;
    const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "inherit" });
    expect((await child.stdout.text()).trim()).toBe("hello from Child | hello from Childand a closure");
  });
});

describe("what can't be sent is refused, with the path, the reason and what to do", () => {
  const helper = () => 1;
  const other = Math.random();
  const unread = capture(
    () => 1,
    () => {
      let later = () => value;
      later();
      const value = 1;
      later = () => value;
      return { later };
    },
  );
  class Private extends Object {
    #m() {}
    get m() {
      return this.#m;
    }
    #n = 1;
    n() {
      return this.#n;
    }
    override toString() {
      return super.toString();
    }
    static #count = 0;
    static next() {
      return Private.#count++;
    }
  }

  const cases: [string, unknown, string][] = [
    ["a free variable", () => helper(), "capture(fn, () => ({ helper }))"],
    [
      "several, by the function's name",
      function sum() {
        return helper() + other;
      },
      "helper, other are neither captured nor global; write capture(sum, () => ({ helper, other }))",
    ],
    ["one that is used, not only asked for its type", () => typeof other === "number" && other, "other is neither"],
    ["one of a nested function", () => () => [1].map(x => x + other), "other is neither"],
    ["one in a default value", (x = other) => x, "other is neither"],
    ["a variable that has no value yet", unread, "can't be read now"],
    ["native code", Object.getOwnPropertyDescriptor(Map.prototype, "size")!.get, "native code"],
    ["a bound function", helper.bind(null), "a bound function has no text"],
    ["a Proxy", new Proxy(helper, {}), "native code, or a Proxy"],
    ["a #private method", new Private().m, "#private"],
    ["a method that reads a #private field", Private.prototype.n, "#private"],
    ["a method that uses super", Private.prototype.toString, "super"],
    ["a class with static #private fields", Private, "static #private"],
    ["import.meta", () => import.meta.url, "import.meta"],
    ["a name that eval may not declare", new Function("return text => eval(text) + outside")(), "outside is neither"],
    ["a thunk that gives null", capture(helper, (() => null) as never), "what it captures is null"],
    ["a thunk that gives nothing", capture(new Function("return helper") as never, (() => undefined) as never), "is undefined; give the variables by name"], // biome-ignore format: a case is a line
    ["a thunk that gives a number", capture(new Function("return 1") as never, (() => 5) as never), "is a number"],
    [
      "a captured name that is none",
      capture(
        () => 1,
        () => ({ "a-b": 1 }),
      ),
      "no name for a variable",
    ],
  ];
  for (const [name, value, reason] of cases) {
    test(name, () => {
      expect(refusal({ workers: [{ run: value }] })).toMatch(/^\$\.workers\[0\]\.run: /);
      expect(refusal({ workers: [{ run: value }] })).toContain(reason);
    });
  }

  test("capture of what is no function, or without a thunk", () => {
    expect(() => capture(5 as never, () => ({}))).toThrow("capture takes a function or class first");
    expect(() => capture(() => 5, { other } as never)).toThrow("capture(fn, () => ({ a, b }))");
  });

  test("what is captured, by its path", () => {
    const lock = new WeakMap();
    const inner = capture(
      () => lock,
      () => ({ state: 1, lock }),
    );
    const fn = capture(
      () => inner,
      () => ({ inner }),
    );
    expect(refusal([fn])).toMatch(/^\$\[0\]\.\(captured inner\)\.\(captured lock\): WeakMap/);
    expect(refusal(Object.assign(() => 1, { lock }))).toMatch(/^\$\.lock: WeakMap/);
  });

  test("hostile code is an error of the decoder", () => {
    const bytes = encode(() => 1, { code: true });
    const broken = bytes.slice();
    broken[bytes.indexOf(0x3e)] = 0x29;
    expect(() => decode(broken, { code: true })).toThrow(DecodeError);
    for (let end = 0; end < bytes.length; end++) {
      expect(() => decode(bytes.subarray(0, end), { code: true })).toThrow(DecodeError);
    }
    expect((decode(bytes, { code: true }) as () => number)()).toBe(1);
  });
});

test("bad bytes in a static member are found by its path", () => {
  class Config {
    static limits = { rows: [1] };
  }
  const bytes = encode([Config], { code: true });
  bytes[bytes.lastIndexOf(0x91) + 1] = 0xc1;
  expect(() => decode(bytes, { code: true })).toThrow("at $[0].limits.rows[0])");
});

test("any change of a byte gives a DecodeError or a value, and the next message is read", () => {
  let n = 0;
  const shared = scope(() => ({ n }));
  class Base {
    m() {
      return n;
    }
  }
  class Child extends Base {
    x = 1;
  }
  const holder = { v: 1, arrow: (): unknown => null };
  (function (this: typeof holder) {
    this.arrow = capture(
      () => this.v,
      () => ({ this: this }),
    );
  }).call(holder);
  const up = capture(
    () => ++n,
    () => ({ Child }),
    shared,
  );
  const bytes = encode([up, Child, new Child(), holder, capture(Base, () => ({}), shared)], { code: true });
  const decoder = new Decoder({ code: true });
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const changed = bytes.slice();
      changed[at] = byte;
      forgetClasses();
      try {
        decoder.decode(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 3000 },
  );
  forgetClasses();
  const [up2, , child2] = decoder.decode(bytes) as [() => number, unknown, Child];
  expect([up2(), child2.m()]).toEqual([1, 1]);
});

test("the parser is not loaded until there is a function to parse", async () => {
  const program = `const { encode } = await import(${JSON.stringify(join(root, "src/codec/index.ts"))});
    const loaded = () => Object.keys(require.cache).some(path => /acorn|eslint-scope/.test(path));
    encode({ a: 1 }, { code: true });
    const before = loaded();
    encode(() => 1, { code: true });
    console.log(before, loaded());`;
  const child = Bun.spawn([process.execPath, "-e", program], { cwd: root, stdout: "pipe", stderr: "inherit" });
  expect((await child.stdout.text()).trim()).toBe("false true");
});
