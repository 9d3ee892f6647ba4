import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";
import { memberStep, type Step } from "../path.ts";

/** The engine's classes of errors, by what messages call them. */
const KINDS: ReadonlyMap<string, ErrorConstructor> = new Map(
  [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    AggregateError,
    (globalThis as unknown as { SuppressedError?: ErrorConstructor }).SuppressedError,
  ].flatMap(kind => (kind === undefined ? [] : [[kind.name, kind as unknown as ErrorConstructor] as const])),
);
const kindOfPrototype = new Map<object, string>([...KINDS].map(([name, kind]) => [kind.prototype as object, name]));

/** Hidden properties that errors have of their own, where they have them. */
const HIDDEN = ["message", "cause", "errors", "error", "suppressed"];
/** Where this engine made the error: nothing of the error's own, and made anew with it. */
const ORIGIN: ReadonlySet<string | symbol> = new Set(["line", "column", "sourceURL", "originalLine", "originalColumn"]);

const step: Step = (index, key) => (index < 2 ? "" : memberStep(index, key));

/** An Error: a map from `null` to the name of the engine's class, then the properties that errors hide. */
export const error: Composite<Error> = {
  kind: "composite",
  code: c.EXT_ERROR,
  prototypes: [...kindOfPrototype.keys()],
  pairs: true,
  step,
  partsToCreate: 2,

  owns(value, key) {
    if (key === "stack" || ORIGIN.has(key)) return true;
    return HIDDEN.includes(key as string) && isHidden(value, key as string);
  },

  parts(value, encoder) {
    if (!Error.isError(value)) throw new TypeError("no error");
    const parts: unknown[] = [null, kindOf(value)];
    for (const key of HIDDEN)
      if (isHidden(value, key)) parts.push(key, (value as unknown as Record<string, unknown>)[key]);
    const stack: unknown = encoder.errorStacks ? value.stack : undefined;
    if (stack !== undefined) parts.push("stack", stack);
    return parts;
  },

  create([mark, name]) {
    const kind = mark === null ? KINDS.get(name as string) : undefined;
    if (kind === undefined) return null;
    const made = withoutStack(() => (kind === (AggregateError as unknown) ? new AggregateError([]) : new kind()));
    for (const key of [...HIDDEN, ...ORIGIN]) Reflect.deleteProperty(made, key as string);
    return made;
  },

  fill(object, parts) {
    for (let i = 2; i < parts.length; i += 2) {
      const key = parts[i];
      if (key !== "stack" && !HIDDEN.includes(key as string)) return false;
      hide(object, key as string, parts[i + 1]);
    }
    // Without its own, the stack would be that of the decoder.
    if (parts.lastIndexOf("stack") % 2 !== 0) hide(object, "stack", Error.prototype.toString.call(object));
    return true;
  },
};

/** A DOMException: its name and its message, which it is made with, and its stack if it has one. */
export const domException: Composite<DOMException> = {
  kind: "composite",
  code: c.EXT_DOM_EXCEPTION,
  prototypes: [DOMException.prototype],
  pairs: false,
  step: () => "",
  partsToCreate: 2,
  owns: (_, key) => key === "stack" || ORIGIN.has(key),

  parts(value, encoder) {
    const { name, message } = value;
    if (typeof name !== "string" || typeof message !== "string") throw new TypeError("no DOMException");
    const stack: unknown = encoder.errorStacks ? Object.getOwnPropertyDescriptor(value, "stack")?.value : undefined;
    return stack === undefined ? [name, message] : [name, message, stack];
  },

  create([name, message]) {
    return typeof name === "string" && typeof message === "string" ? new DOMException(message, name) : null;
  },

  fill(object, parts) {
    if (parts.length === 3) hide(object, "stack", parts[2]);
    return parts.length <= 3;
  },
};

/** Looking at the decoder's stack would cost ten times as much as all else. */
function withoutStack<T>(make: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The class of the engine's that an error is of, or that its class extends. */
function kindOf(value: Error): string {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const kind = kindOfPrototype.get(at);
    if (kind !== undefined) return kind;
  }
  return "Error";
}

function isHidden(value: object, key: string): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(value, key);
  return descriptor !== undefined && descriptor.enumerable === false;
}

function hide(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: false, configurable: true });
}
