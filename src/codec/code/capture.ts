import { Environment } from "./environment.ts";
import { helpers } from "./factory.ts";

/** Gives, each time it is asked, what a function closes over, by name. */
export type Captures = () => object;

const capturesOf = new WeakMap<Function, Environment>();
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
 */
export function capture<F extends Function>(fn: F, captures: Captures, shared?: Captures): F {
  capturesOf.set(fn, environmentOf(captures, shared));
  return fn;
}

/** A thunk for `capture` whose variables lie inside of another one's. */
export function scope(captures: Captures, outer?: Captures): Captures {
  environmentOf(captures, outer);
  return captures;
}

function environmentOf(captures: Captures, outer: Captures | undefined): Environment {
  let environment = environments.get(captures);
  if (environment === undefined) {
    environment = new Environment(captures, outer === undefined ? null : environmentOf(outer, undefined));
    environments.set(captures, environment);
  }
  return environment;
}

/** The environment that was captured; null for a function that nothing is said about. */
export function captured(fn: Function): Environment | null {
  return capturesOf.get(fn) ?? null;
}

/** Gives a rebuilt function the environment it lives in. */
export function captureIn(fn: Function, environment: Environment): void {
  capturesOf.set(fn, environment);
}

helpers.capture = capture;
helpers.scope = scope;
