import { afterAll, afterEach, beforeAll } from "bun:test";
import { type Callable, register, unregister } from "../../src/codec/index.ts";

const given: string[] = [];

/** Registers a class or function until the end of the test. */
export function name<T extends Callable>(text: string, value: T): T {
  given.push(text);
  return register(text, value);
}

/** Takes back what `name` gave; to be called once by the file that uses it. */
export function unnameAfterEach(): void {
  afterEach(() => {
    for (const text of given.splice(0)) unregister(text);
  });
}

/** Registers these, each by its key, for all tests of a file. */
export function registerAll(values: Readonly<Record<string, Callable>>): void {
  beforeAll(() => {
    for (const [text, value] of Object.entries(values)) register(text, value);
  });
  afterAll(() => Object.keys(values).forEach(unregister));
}
