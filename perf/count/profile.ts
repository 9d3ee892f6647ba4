/** What Callgrind counted in one run. */
export interface Profile {
  /** Instructions of the whole process. */
  total: number;
  /** Instructions in each function of one object itself, without those it calls. */
  functions: Map<string, number>;
}

/**
 * Reads a profile of Callgrind's (its manual has the format): of the functions, those of the object whose path ends with `object`.
 * Names are written once and then referred to by number; a line behind `calls=` is what the call cost, which is not the function's own.
 */
export function parseProfile(text: string, object: string): Profile {
  const names = new Map<string, string>();
  const functions = new Map<string, number>();
  let total = 0;
  let inside = false;
  let name = "";
  let isCall = false;
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    const key = at > 0 ? line.slice(0, at) : "";
    if (key === "ob") inside = named(names, "ob", line.slice(at + 1)).endsWith(object);
    else if (key === "fn") name = named(names, "fn", line.slice(at + 1));
    // The called one's names are of the same table, so they have to be read too.
    else if (key === "cob" || key === "cfn") named(names, key.slice(1), line.slice(at + 1));
    else if (key === "calls") isCall = true;
    else if (line.startsWith("totals:")) total = Number(line.slice(7));
    else if (/^[\d+*-]/.test(line)) {
      if (inside && !isCall) functions.set(name, (functions.get(name) ?? 0) + Number(line.split(" ").at(-1)));
      isCall = false;
    }
  }
  return { total, functions };
}

/** `(12) name` gives a name a number; `(12)` is the name again. */
function named(names: Map<string, string>, kind: string, text: string): string {
  const [, number, name] = /^(\(\d+\))(?: (.*))?$/.exec(text) ?? [undefined, "", text];
  if (name !== undefined) names.set(kind + number, name);
  return name ?? names.get(kind + number) ?? "";
}
