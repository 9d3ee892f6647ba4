import type { Node } from "acorn";
import { childrenOf } from "../codec/code/parser.ts";

/** What JSX in a module is compiled to calls: functions that Bun imports under names of its own. */
export interface JsxRuntime {
  /** The module they come from: `react/jsx-dev-runtime`. */
  readonly module: string;
  /** By the names that stand in compiled functions, what the module exports them as. */
  readonly names: ReadonlyMap<string, string>;
}

const NAME = /\b(jsxDEV|jsxs?|Fragment)_[0-9a-z]{8}\b/g;

/** Finds out by compiling the module; null if it calls nothing but what it names itself. */
export function jsxRuntimeOf(text: string): JsxRuntime | null {
  const compiled = new Bun.Transpiler({ loader: "tsx" }).transformSync(text);
  const names = new Map([...compiled.matchAll(NAME)].map(([name, exported]) => [name, exported!]));
  if (names.size === 0) return null;
  const source = /@jsxImportSource\s+(\S+)/.exec(text)?.[1] ?? "react";
  const isDevelopment = [...names.values()].includes("jsxDEV");
  return { module: `${source}/jsx-${isDevelopment ? "dev-" : ""}runtime`, names };
}

/** Whether there is JSX in a function or class, those inside of it included. */
export function usesJsx(node: Node): boolean {
  return /^JSX(Element|Fragment)$/.test(node.type) || childrenOf(node).some(usesJsx);
}
