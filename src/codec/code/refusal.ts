import type { Callable } from "../names.ts";
import { isNative } from "../reasons.ts";
import { builtinName } from "./builtin.ts";
import { captured } from "./capture.ts";
import { PARENT_NAME } from "./class-analysis.ts";
import { type Environment, isObject } from "./environment.ts";
import { given, isVariableName } from "./factory.ts";
import { keyText, type Source, sourceOf } from "./source.ts";

/** Why a function or class can't be sent by value, what it closes over left aside; null if it can. */
export function codeRefusal(fn: Function): string | null {
  const reason = isNative(fn as Callable) ? nativeReason(fn) : textRefusal(fn);
  return reason === null || builtinName(fn) !== null ? null : reason;
}

function textRefusal(fn: Function): string | null {
  const source = sourceOf(fn);
  return source.problem ?? nameRefusal(fn, source);
}

/** Whether a function goes by its name: what comes with the engine, as far as it can't be built of its text. */
export function goesByName(fn: Function): boolean {
  return (isNative(fn as Callable) || textRefusal(fn) !== null) && builtinName(fn) !== null;
}

function nativeReason(fn: Function): string {
  if (fn.name.startsWith("bound ")) return "a bound function has no text; send the function and what it is bound to";
  return "it is native code, or a Proxy, and has no text; wrap it in a function that calls it";
}

function nameRefusal(fn: Function, source: Source): string | null {
  const environment = captured(fn);
  let missing: string[];
  try {
    const given = nonObject(environment);
    if (given !== null)
      return `what it captures is ${given}; give the variables by name: capture(fn, () => ({ a, b }))`;
    const bad = environment?.names().find(name => !isVariableName(name));
    if (bad !== undefined) return `it captures ${JSON.stringify(bad)}, which is no name for a variable`;
    const known = (name: string) => environment?.find(name) != null;
    missing = source.free.filter(name => !known(name) && !(name in globalThis) && !isGiven(name));
    if (source.usesThis && !known("this")) missing.push("this");
    const hole = source.holes.find(
      ({ name }) => known(name) && keyText(environment!.find(name)!.read()[name]) === null,
    );
    if (hole) return `the name of its member [${hole.name}] is a symbol of this process; use Symbol.for`;
  } catch (error) {
    // The engine's own words may name another variable.
    const why = error instanceof ReferenceError ? "a variable is not initialised yet" : String(error);
    return `what it captures can't be read now: ${why}; encode it later`;
  }
  return missing.length === 0 ? null : missingReason(fn, missing);
}

/** What a thunk gave that is no object; null if all of them give objects. */
function nonObject(environment: Environment | null): string | null {
  for (let one = environment; one !== null; one = one.outer) {
    const values: unknown = one.read();
    if (!isObject(values)) return values === null ? "null" : `a ${typeof values}`.replace("a undefined", "undefined");
  }
  return null;
}

/** Whether rebuilt code always has this. */
function isGiven(name: string): boolean {
  return name in given || name === PARENT_NAME;
}

function missingReason(fn: Function, missing: readonly string[]): string {
  const names = missing.map(name => (name === "this" ? "this: this" : name)).join(", ");
  const plural = missing.length > 1 ? "are" : "is";
  const name = fn.name === "" || !isVariableName(fn.name) ? "fn" : fn.name;
  return `${missing.join(", ")} ${plural} neither captured nor global; write capture(${name}, () => ({ ${names} })), or preload plasmid/capture`;
}
