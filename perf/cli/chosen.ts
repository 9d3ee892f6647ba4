import { UsageError } from "./command.ts";

/**
 * The names that are asked for: for each part the one that is called so, or else those that contain it; all if there are no parts.
 * @throws UsageError for a part that asks for none of them: what was mistyped must not be left out in silence
 */
export function chosen(all: readonly string[], parts: readonly string[], refusal: (part: string) => string): string[] {
  if (parts.length === 0) return [...all];
  const found = new Set<string>();
  for (const part of parts) {
    if (part === "") throw new UsageError("a part of a name is empty");
    const alike = all.includes(part) ? [part] : all.filter(name => name.includes(part));
    if (alike.length === 0) throw new UsageError(refusal(part));
    for (const name of alike) found.add(name);
  }
  return all.filter(name => found.has(name));
}

/** The parts that `--only A,B` names. */
export function partsOf(only: string | boolean | undefined): string[] {
  return typeof only === "string" ? only.split(",") : [];
}
