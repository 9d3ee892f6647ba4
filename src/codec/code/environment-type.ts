import { types } from "node:util";
import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";
import { BuiltinValue, builtinName } from "./builtin.ts";
import { adopt, environmentOf, isScope } from "./capture.ts";
import { Bindings, BuiltEnvironment, Environment, isObject } from "./environment.ts";
import { isVariableName } from "./factory.ts";
import { Imported } from "./imported.ts";
import { refuseCode } from "./permission.ts";

/** The names of variables, and the environment around them: enough to make functions in. */
export const environmentType: Composite<Environment> = {
  kind: "composite",
  code: c.EXT_ENVIRONMENT,
  prototypes: [Environment.prototype, BuiltEnvironment.prototype],
  pairs: false,
  step: () => "",
  partsToCreate: 2,
  guard: refuseCode,
  owns: () => true,

  parts: environment => [environment.names().join(" "), environment.outer],

  create([names, outer]) {
    if (typeof names !== "string" || (outer !== null && !(outer instanceof BuiltEnvironment))) return null;
    const list = names === "" ? [] : names.split(" ");
    return list.every(isVariableName) ? adopt(new BuiltEnvironment(list, outer)) : null;
  },

  fill: (_, parts) => parts.length === 2,
};

/**
 * The values of an environment's variables: nil to the environment, true to the values of the one around it or nil, then each name to
 * its value.
 */
export const bindingsType: Composite<Bindings> = {
  kind: "composite",
  code: c.EXT_BINDINGS,
  prototypes: [Bindings.prototype],
  pairs: true,
  step: (index, key) => (index % 2 === 1 && typeof key === "string" ? `.(captured ${key})` : ""),
  partsToCreate: 2,
  guard: refuseCode,
  owns: () => true,

  parts({ environment }) {
    const values = environment.read();
    const parts: unknown[] = [null, environment, true, environment.outer?.bindings ?? null];
    for (const name of environment.names()) parts.push(name, written(values[name]));
    return parts;
  },

  create([mark, environment]) {
    return mark === null && environment instanceof BuiltEnvironment ? environment.bindings : null;
  },

  fill({ environment }, parts) {
    const names = environment.names();
    const values = new Array<unknown>(names.length).fill(undefined);
    for (let i = 4; i < parts.length; i += 2) {
      const at = names.indexOf(parts[i] as string);
      if (at < 0) return false;
      const value = parts[i + 1];
      values[at] = value instanceof BuiltEnvironment ? value.captures : value;
    }
    (environment as BuiltEnvironment).assign(values);
    return true;
  },
};

/**
 * What is written for a value. A thunk of `scope` is what it stands for; what was imported, and namespaces that come with the engine or
 * with Bun (`Math`, `node:path`), go by their names; the namespace of a module of the program's own is what it exports.
 */
function written(value: unknown): unknown {
  if (isScope(value)) return environmentOf(value);
  if (value instanceof Imported)
    return isObject(value.value) && builtinName(value.value) === null ? value : written(value.value);
  if (typeof value !== "object" || value === null) return value;
  const name = builtinName(value);
  if (name !== null) return new BuiltinValue(name);
  return types.isModuleNamespaceObject(value) ? exportsOf(value) : value;
}

const exportsByNamespace = new WeakMap<object, object>();

/** What a module of the program's own exports now, in an object that stands for its namespace. */
function exportsOf(namespace: object): object {
  const known = exportsByNamespace.get(namespace) ?? Object.create(null);
  exportsByNamespace.set(namespace, known);
  return Object.assign(known, namespace);
}
