/** Where a value is found in every process: a global, or an export of a module that comes with Bun. */
export interface BuiltinName {
  /** Null for a global. */
  readonly module: string | null;
  /** `Map`, `Math.max`; of a module the export, or "" for the module itself. */
  readonly name: string;
}

/** Globals whose members have names of their own. */
const HOLDERS = ["Math", "JSON", "Reflect", "Atomics", "Intl", "console", "Bun", "process", "performance", "crypto"];
const PLAIN_MODULES =
  "assert buffer child_process cluster crypto diagnostics_channel dns events fs fs/promises http http2 https module net os path perf_hooks querystring readline stream stream/promises string_decoder timers timers/promises tls tty url util v8 vm worker_threads zlib";
const MODULES = PLAIN_MODULES.split(" ").map(name => `node:${name}`);

let names: Map<unknown, BuiltinName> | null = null;

/** The name of a function, or namespace, that comes with the engine or with Bun; null if it is none. */
export function builtinName(value: unknown): BuiltinName | null {
  names ??= listGlobals();
  const known = names.get(value);
  if (known !== undefined) return known;
  listModules(names);
  return names.get(value) ?? names.get(defaultOf(value)) ?? null;
}

/** Of a module's namespace the module itself: `import * as path` names what `import path` does. */
function defaultOf(value: unknown): unknown {
  const isNamespace = Object.prototype.toString.call(value) === "[object Module]";
  return isNamespace ? (value as { default?: unknown }).default : undefined;
}

/**
 * What a name means here; undefined if nothing. A package is looked for from the working directory.
 *
 * @throws if it can't be imported
 */
export function builtinNamed({ module, name }: BuiltinName): unknown {
  let holder: unknown = module === null ? globalThis : importNow(module);
  if (name === "") return holder;
  for (const step of name.split(".")) {
    if (holder === null || holder === undefined || !Object.hasOwn(holder, step)) return undefined;
    holder = (holder as Record<string, unknown>)[step];
  }
  return holder;
}

function importNow(module: string): unknown {
  if (MODULES.includes(module)) return process.getBuiltinModule(module);
  return import.meta.require(Bun.resolveSync(module, process.cwd()));
}

function listGlobals(): Map<unknown, BuiltinName> {
  const found = new Map<unknown, BuiltinName>();
  found.set(globalThis, { module: null, name: "globalThis" });
  list(found, null, globalThis, "");
  for (const name of HOLDERS) {
    const holder = (globalThis as unknown as Record<string, unknown>)[name];
    if (holder === undefined) continue;
    found.set(holder, { module: null, name });
    list(found, null, holder as object, `${name}.`);
  }
  return found;
}

let modulesListed = false;

function listModules(found: Map<unknown, BuiltinName>): void {
  if (modulesListed) return;
  modulesListed = true;
  for (const module of MODULES) {
    const exports: object | undefined = process.getBuiltinModule(module);
    if (exports === undefined) continue;
    if (!found.has(exports)) found.set(exports, { module, name: "" });
    list(found, module, exports, "");
  }
}

/** Functions; of globals only native ones, for somebody may have made others. */
function list(found: Map<unknown, BuiltinName>, module: string | null, holder: object, prefix: string): void {
  for (const key of Object.getOwnPropertyNames(holder)) {
    const value = Object.getOwnPropertyDescriptor(holder, key)?.value as unknown;
    if (typeof value !== "function" || found.has(value) || key.includes(".")) continue;
    const own = module !== null || Function.prototype.toString.call(value).includes("[native code]");
    if (own) found.set(value, { module, name: prefix + key });
  }
}

/** Stands for a value that is to go by its name. */
export class BuiltinValue {
  constructor(readonly name: BuiltinName) {}
}
