import { rememberClass } from "../../src/codec/code/class-ids.ts";
import { type Callable, capture, scope } from "../../src/codec/index.ts";
import type { Sample } from "./samples.ts";

// Given as text, for the engine's own way to print a function may change.

function code<T = Callable>(text: string): T {
  return new Function(`"use strict"; return (${text});`)() as T;
}

/** A class with an id that is always the same. */
function named<T extends object>(id: string, type: T): T {
  rememberClass(id, type);
  return type;
}

function withCaptures(): unknown {
  const state = { n: 1 };
  return [capture(code("x => base + x + state.n"), () => ({ base: 5, state })), state];
}

function withSharedScope(): unknown {
  const outer = scope(() => ({ total: 10 }));
  const inner = scope(() => ({ own: 1, outer }), outer);
  return [
    capture(code("() => (total += own)"), inner),
    capture(code("() => own++"), inner),
    capture(code("() => total"), outer),
  ];
}

function membersOfObjects(): unknown {
  const object = code<object>(
    "{ plain(a, b = 1) { return a + b; }, get half() { return this.n / 2; }, set half(n) { this.n = n * 2; } }",
  );
  const { get, set } = Object.getOwnPropertyDescriptor(object, "half") as Required<PropertyDescriptor>;
  return [(object as { plain: unknown }).plain, get, set];
}

function cyclic(): unknown {
  const thunk = () => ({ even, odd });
  const even: Callable = capture(code("n => n === 0 || odd(n - 1)"), thunk);
  const odd: Callable = capture(code("n => n !== 0 && even(n - 1)"), thunk);
  return Object.assign(even, { odd, self: even });
}

function classes(): unknown {
  type Maker = new () => object;
  const Base = named(
    "11111111",
    code<Maker>(
      "class Base { size = 1; static made = [1]; static { Base.made.push(2); } get double() { return this.size * 2; } }",
    ),
  );
  const parented = new Function(
    "Base",
    "limit",
    "return class Child extends Base { #hidden = limit; get hidden() { return this.#hidden; } [Symbol.iterator]() { return [].values(); } }",
  );
  const Child = named("22222222", parented(Base, 3) as Maker);
  capture(Child, () => ({ limit: 3 }));
  return [Child, new Base()];
}

function oldStyle(): unknown {
  const Old = new Function("return function Old(x) { this.x = x; }")() as { prototype: object };
  Object.assign(Old.prototype, { twice: code("function () { return this.x * 2; }") });
  return [Old, Object.freeze(code<object>("() => 1"))];
}

/** What is sent as code, to be encoded with `{ code: true }`. */
export const codeSamples: readonly Sample[] = [
  { name: "arrow function", make: () => code("x => x + 1") },
  { name: "function with captures", make: withCaptures },
  { name: "functions of one scope", make: withSharedScope },
  { name: "method, getter and setter", make: membersOfObjects },
  {
    name: "async and generator functions",
    make: () => [
      code("async () => 1"),
      code("function* () { yield 1; }"),
      code("async function* named() { yield 1; }"),
    ],
  },
  { name: "functions that refer to each other", make: cyclic },
  { name: "classes and an instance", make: classes },
  { name: "functions with a prototype, and frozen ones", make: oldStyle },
  {
    name: "builtins",
    make: () => [
      Math.max,
      Map,
      capture(code("() => Math.abs(-1) + path.sep"), () => ({ Math, path: process.getBuiltinModule("node:path") })),
    ],
  },
  { name: "an arrow function's this", make: () => capture(code("() => this.v"), () => ({ this: { v: 7 } })) },
  {
    name: "what the preload writes",
    make: () => code("() => $plasmidCapture($plasmidNamed({ inner: () => 1 }, 'inner', () => ({})), () => ({}))"),
  },
];
