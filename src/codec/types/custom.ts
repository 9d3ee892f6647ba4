import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";
import { type Callable, nameOf } from "../names.ts";
import { OpaqueName, OpaqueValue } from "../opaque.ts";
import type { Step } from "../path.ts";
import { setProperty } from "../property.ts";
import { constructorOf, isNative, Refusal } from "../reasons.ts";
import { type Class, customOf, REDUCE, RESTORE, serializerOf } from "../serializers.ts";
import { keepParts } from "./instance.ts";

const reduceStep: Step = index => `.reduce()[${index}]`;
const serializeStep: Step = index => (index === 0 ? ".constructor" : ".serialize()");

/** What an object's own reduce method gave: `[build, args]` or `[build, args, state]`. Only the state may lead back to the object. */
export const reduced: Composite = {
  kind: "composite",
  code: c.EXT_REDUCED,
  prototypes: [],
  pairs: false,
  step: reduceStep,
  partsToCreate: 2,

  parts(value) {
    const given = asked("reduce", () => (value as Record<typeof REDUCE, () => unknown>)[REDUCE]());
    const wrong = whatIsWrong(given);
    if (wrong !== null) throw new Refusal(`its reduce gives ${wrong}; return [build, args] or [build, args, state]`);
    const parts = given as readonly unknown[];
    return parts[2] === undefined ? [parts[0], parts[1]] : parts;
  },

  create(parts) {
    const [build, args] = parts;
    if (!Array.isArray(args)) return null;
    if (build instanceof OpaqueName) return new OpaqueValue(c.EXT_REDUCED, build, [build, args]);
    if (typeof build !== "function") return null;
    const object = isClass(build as Callable)
      ? (Reflect.construct(build, args) as unknown)
      : (build as (...args: unknown[]) => unknown)(...args);
    return expectObject(object, build.name || "what builds it");
  },

  fill(object, parts) {
    if (object instanceof OpaqueValue) return keepParts(object, parts);
    if (parts.length === 2) return true;
    if (parts.length !== 3) return false;
    const state = parts[2];
    const restore = (object as { [RESTORE]?: unknown })[RESTORE];
    if (typeof restore === "function") restore.call(object, state);
    else if (typeof state === "object" && state !== null) {
      for (const [key, value] of Object.entries(state)) setProperty(object as Record<string, unknown>, key, value);
    } else throw new Error(`its state is no object; give its class a method Symbol.for("plasmid.restore")`);
    return true;
  },
};

/** What a class's serializer gave: `[class, data]`. */
export const serialized: Composite = {
  kind: "composite",
  code: c.EXT_SERIALIZED,
  prototypes: [],
  pairs: false,
  step: serializeStep,
  partsToCreate: 2,

  parts(value) {
    const custom = customOf(value);
    if (custom === null || custom === REDUCE) throw new Refusal("its class changed while it was encoded");
    const own = constructorOf(value);
    const type = own !== undefined && nameOf(own) !== undefined ? own : custom.type;
    return [type, asked("serialize", () => custom.serializer.serialize(value))];
  },

  create([type, data]) {
    if (type instanceof OpaqueName) return new OpaqueValue(c.EXT_SERIALIZED, type, [type, data]);
    if (typeof type !== "function") return null;
    const serializer = serializerOf(type as Callable);
    if (serializer === undefined) {
      throw new Error(`class ${type.name} has no serializer here; registerSerializer(${type.name}, …) before decoding`);
    }
    return expectObject(serializer.deserialize(data, type as Class), "deserialize");
  },

  fill: (_, parts) => parts.length === 2,
};

/** What a reduce gave instead of what it should; null if that is right. */
function whatIsWrong(given: unknown): string | null {
  if (!Array.isArray(given)) return given === null ? "null, no array" : `no array (${typeof given})`;
  if (given.length < 2 || given.length > 3) return `an array of ${given.length}`;
  if (typeof given[0] !== "function") return "no function or class to build it by";
  return Array.isArray(given[1]) ? null : "arguments that are no array";
}

/** What a function of the user's gives. What it throws becomes the cause of an EncodeError, which knows the path. */
function asked(name: string, give: () => unknown): unknown {
  try {
    return give();
  } catch (error) {
    throw new Refusal(`its ${name} throws ${error instanceof Error ? error : "no Error"}; see the cause`, {
      cause: error,
    });
  }
}

function expectObject(value: unknown, source: string): object {
  if ((typeof value === "object" && value !== null) || typeof value === "function") return value;
  throw new Error(
    `${source} gives ${value === null ? "null" : `a value of type ${typeof value}`}; let it return the object`,
  );
}

const classes = new WeakMap<Callable, boolean>();

/** Whether a callable wants `new`. A function of the old kind is called without. */
function isClass(callable: Callable): boolean {
  let known = classes.get(callable);
  if (known === undefined) {
    known =
      /^class\b/.test(Function.prototype.toString.call(callable)) || (isNative(callable) && isConstructor(callable));
    classes.set(callable, known);
  }
  return known;
}

function isConstructor(callable: Callable): boolean {
  try {
    // Constructs a plain Object, with the callable only as `new.target`.
    Reflect.construct(Object, [], callable);
    return true;
  } catch {
    return false;
  }
}
