import { type Callable, findNamed, type Name } from "./names.ts";

/** Where a decoder finds the classes and functions that a message names. */
export interface ResolveOptions {
  /** Asked for names that nobody registered here. Undefined means that it does not know either. */
  resolve?: (name: Name) => Callable | undefined;
  /**
   * Modules that a message may have imported, by the specifiers under which its writer registered them; they are loaded as `require`
   * does, relative to the process's folder if they are relative. None by default: importing runs code.
   */
  imports?: readonly string[];
  /**
   * What becomes of objects whose class is not known: `"refuse"`, the default, throws a DecodeError that names it; `"keep"` gives an
   * OpaqueValue, which encodes to what it was decoded from.
   */
  unknown?: "refuse" | "keep";
}

/** What a name stands for; undefined if that is not known here. */
export function resolveName(name: Name, options: ResolveOptions | undefined): Callable | undefined {
  const known = findNamed(name.name, name.module) ?? options?.resolve?.(name);
  if (known !== undefined || name.module === null || options?.imports?.includes(name.module) !== true) return known;
  const namespace = load(name.module) as Record<string, unknown>;
  const value = Object.hasOwn(namespace, name.name) ? namespace[name.name] : undefined;
  return typeof value === "function" ? (value as Callable) : undefined;
}

function load(specifier: string): unknown {
  return import.meta.require(Bun.resolveSync(specifier, process.cwd()));
}
