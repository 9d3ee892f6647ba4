import { InvalidArgumentError } from "../errors.ts";

/** A class or a function. */
export type Callable = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

/** What stands in a message for a class or function: the name it was registered under, or the binding that a module exports it as. */
export interface Name {
  readonly name: string;
  /** The module's specifier, as it was registered; null for a name of its own. */
  readonly module: string | null;
}

/** The module `null` holds the names of their own. */
const valuesByModule = new Map<string | null, Map<string, Callable>>([[null, new Map()]]);
const namesByValue = new Map<Callable, Name>();

/**
 * Names a class or function, so that a message can refer to it. Do so on both sides, under the same name; what the class calls itself
 * does not matter, so two classes called alike stay two. Registering the same again does nothing. Of several names the first is
 * written, all are read.
 *
 * A message may construct a registered class and call a registered function, as `build` of a reduce: register what may be called
 * with anything.
 *
 * @throws InvalidArgumentError if the name stands for something else already, or the value is no class or function.
 */
export function register<T extends Callable>(name: string, value: T): T {
  if (typeof name !== "string" || name === "") {
    throw new InvalidArgumentError("a name is text, not empty", {}, 'register("geo.Point", Point)');
  }
  if (typeof value !== "function") {
    throw new InvalidArgumentError(
      `${name} is no class or function`,
      {},
      "only these can be named; other values encode as they are",
    );
  }
  const own = valuesByModule.get(null) as Map<string, Callable>;
  const known = own.get(name);
  if (known === value) return value;
  if (known !== undefined) {
    throw new InvalidArgumentError(
      `${name} is the name of another ${known.name || "function"}`,
      {},
      "unregister it, or choose another name",
    );
  }
  own.set(name, value);
  if (!namesByValue.has(value)) namesByValue.set(value, { name, module: null });
  return value;
}

/** Takes back a name that `register` gave. One that was not given is no error. */
export function unregister(name: string): void {
  const own = valuesByModule.get(null) as Map<string, Callable>;
  const value = own.get(name);
  if (value === undefined) return;
  own.delete(name);
  renameAll([value]);
}

/**
 * Names every class and function that a module exports by module and binding: `registerModule("app/shapes", await
 * import("./shapes.ts"))`. The specifier is only a name; both sides give the same. Registering a module again replaces what it named.
 */
export function registerModule(specifier: string, namespace: object): void {
  if (typeof specifier !== "string" || specifier === "") {
    throw new InvalidArgumentError(
      "a module's specifier is text, not empty",
      {},
      'registerModule("app/shapes", shapes)',
    );
  }
  const before = valuesByModule.get(specifier);
  const bindings = new Map<string, Callable>();
  for (const [name, value] of Object.entries(namespace)) if (typeof value === "function") bindings.set(name, value);
  valuesByModule.set(specifier, bindings);
  if (before !== undefined) renameAll(before.values());
  for (const [name, value] of bindings) {
    if (!namesByValue.has(value)) namesByValue.set(value, { name, module: specifier });
  }
}

/** Takes back what `registerModule` named. A module that was not registered is no error. */
export function unregisterModule(specifier: string): void {
  const before = valuesByModule.get(specifier);
  if (before === undefined) return;
  valuesByModule.delete(specifier);
  renameAll(before.values());
}

/** The name that a message gives to a class or function; undefined if it has none. */
export function nameOf(value: Callable): Name | undefined {
  return namesByValue.get(value);
}

/** What a name stands for here; undefined if it is not known. */
export function findNamed(name: string, module: string | null): Callable | undefined {
  return valuesByModule.get(module)?.get(name);
}

/** A name, for messages: `geo.Point`, `Point of app/shapes`. */
export function showName({ name, module }: Name): string {
  return module === null ? JSON.stringify(name) : `${JSON.stringify(name)} of module ${JSON.stringify(module)}`;
}

/** Some of the names of these values are gone: finds what they are called now. */
function renameAll(values: Iterable<Callable>): void {
  const lost = new Set(values);
  for (const value of lost) namesByValue.delete(value);
  for (const [module, bindings] of valuesByModule) {
    for (const [name, value] of bindings) {
      if (lost.has(value) && !namesByValue.has(value)) namesByValue.set(value, { name, module });
    }
  }
}
