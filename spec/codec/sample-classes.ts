import { register, registerSerializer } from "../../src/codec/index.ts";

// Classes of each of the ways that the codec knows, for the table of samples. They are named for good: all specs may use them.

/** Nothing but fields. */
export class Point {
  constructor(
    public x: unknown,
    public y: unknown,
  ) {}
}

/** Not only fields: an array. */
export class Stack extends Array<unknown> {}

/** A Map of its own. */
export class Registry extends Map<unknown, unknown> {}

/** Built by a reduce, with state in which cycles may close. */
export class Ring {
  items: unknown[] = [];

  constructor(readonly size: number) {}

  [Symbol.for("plasmid.reduce")](): [typeof Ring, [number], { items: unknown[] }] {
    return [Ring, [this.size], { items: this.items }];
  }
}

/** Built by a serializer. */
export class Money {
  readonly #cents: number;

  constructor(cents: number) {
    this.#cents = cents;
    Object.defineProperty(this, "cents", { value: cents });
  }

  get value(): number {
    return this.#cents;
  }
}

for (const type of [Point, Stack, Registry, Ring]) register(`spec.${type.name}`, type);
registerSerializer(Money, {
  name: "spec.Money",
  serialize: money => money.value,
  deserialize: cents => new Money(Number(cents)),
});
