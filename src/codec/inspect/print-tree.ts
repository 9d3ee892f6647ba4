import type { MessageTree, Part } from "./tree.ts";

/** The lines of a tree: what each part is and how many bytes it takes. */
export function* treeLines({ isGraph, root }: MessageTree): Generator<string> {
  if (isGraph) yield "a graph: objects in it are referred to more than once";
  yield* partLines(root, "$", 0);
}

function* partLines(part: Part, name: string, level: number): Generator<string> {
  const indent = "  ".repeat(level);
  yield `${indent}${name} ${partText(part)}`;
  for (const inner of part.parts) yield* partLines(inner, inner.step === "" ? "·" : inner.step, level + 1);
  if (part.hidden > 0) yield `${indent}  … ${grouped(part.hidden)} more`;
}

/** What a part is, what becomes of it, and its bytes. */
export function partText({ type, preview, how, bytes, shared }: Part): string {
  const said = preview === null ? type : `${type} ${preview}`;
  const becomes = how === "copied" || how === "again" ? "" : `, ${how}`;
  const beside = Number.isNaN(shared) ? ", more out of band" : shared > 0 ? `, ${grouped(shared)} shared` : "";
  return `${said}${becomes}: ${grouped(bytes)} ${bytes === 1 ? "byte" : "bytes"}${beside}`;
}

/** A number with its thousands apart. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
