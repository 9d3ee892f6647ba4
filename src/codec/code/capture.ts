import { InvalidArgumentError } from "../../errors.ts";
import { Environment } from "./environment.ts";
import { given } from "./factory.ts";
import { exported, imported } from "./imported.ts";

/** Gives, each time it is asked, what a function closes over, by name. */
export type Captures = () => object;

const capturesOf = new WeakMap<Function, Captures>();
const outers = new WeakMap<Captures, Captures>();
const scopes = new WeakSet<Captures>();
const environments = new WeakMap<Captures, Environment>();

/**
 * Says what a function or class closes over, so that it can be sent by value: `capture(fn, () => ({ a, b }))`. The thunk is asked when
 * the function is encoded, so it gives the values of that time, and may name the function itself.
 *
 * Functions with the same thunk share their variables after decoding, as closures do: what one assigns, the others see. With thunks
 * of their own each has variables of its own, and only the objects in them are shared. A third thunk names variables of an outer
 * scope that other functions share, too.
 *
 * An arrow function that uses the `this` around it names that as well: `() => ({ this: this })`.
 *
 * @param shared the thunk of an enclosing scope, by itself or as `scope` made it
 * @returns the function
 * @throws InvalidArgumentError if these are no functions
 */
export function capture<F extends Function>(fn: F, captures: Captures, shared?: Captures): F {
  if (typeof fn !== "function" || typeof captures !== "function") {
    const what = typeof fn !== "function" ? "a function or class first" : "a function that gives the variables second";
    throw new InvalidArgumentError(`capture takes ${what}`, {}, "write capture(fn, () => ({ a, b }))");
  }
  capturesOf.set(fn, captures);
  if (shared !== undefined) outers.set(captures, shared);
  return fn;
}

/** A thunk for `capture` whose variables lie inside of another one's. */
export function scope(captures: Captures, outer?: Captures): Captures {
  scopes.add(captures);
  if (outer !== undefined) outers.set(captures, outer);
  return captures;
}

/** The environment that a thunk stands for. */
export function environmentOf(captures: Captures): Environment {
  let environment = environments.get(captures);
  if (environment === undefined) {
    const outer = outers.get(captures);
    environment = new Environment(captures, outer === undefined ? null : environmentOf(outer));
    environments.set(captures, environment);
  }
  return environment;
}

/** Whether a value is a thunk that `scope` made. */
export function isScope(value: unknown): value is Captures {
  return typeof value === "function" && scopes.has(value as Captures);
}

/** The environment that was captured; null for a function that nothing is said about. */
export function captured(fn: Function): Environment | null {
  const captures = capturesOf.get(fn);
  return captures === undefined ? null : environmentOf(captures);
}

/** Lets an environment's own thunk stand for it. */
export function adopt<E extends Environment>(environment: E): E {
  environments.set(environment.captures, environment);
  scopes.add(environment.captures);
  return environment;
}

/** As `capture`, of the property `name` of an object that was made for it: so a function without a name gets this one. */
export function captureNamed<F extends Function>(
  object: Record<string, F>,
  name: string,
  captures: Captures,
  shared?: Captures,
): F {
  return capture(object[name] as F, captures, shared);
}

/** Captures for methods and accessors of an object that was just made: by key, the thunk and the shared scope. */
export function captureMethods<T extends object>(object: T, table: Record<string, [Captures, Captures?]>): T {
  for (const [key, [captures, shared]] of Object.entries(table)) {
    const member = Object.getOwnPropertyDescriptor(object, key);
    for (const fn of [member?.value, member?.get, member?.set]) {
      if (typeof fn === "function") capture(fn, captures, shared);
    }
  }
  return object;
}

given.$plasmidCapture = capture;
given.$plasmidNamed = captureNamed;
given.$plasmidMethods = captureMethods;
given.$plasmidScope = scope;
given.$plasmidImported = imported;
given.$plasmidExported = exported;
