// How paths are spelt: `$` is the root, then `.name`, `["odd name"]`, `[3]`, `.get("key")` of a Map, `.values()[3]` of a Set.

/** One step of a path: to child `index` of a container; with keys, the even children are keys and `key` is that of an odd one. */
export type Step = (index: number, key: unknown) => string;

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const LONGEST_TEXT = 60;
const SHOWN_STEPS = 40;

/** To an element of an array. */
export const elementStep: Step = index => `[${index}]`;

/** To a property. A bad key is the object's own fault. */
export const memberStep: Step = (index, key) => {
  if (index % 2 === 0) return "";
  return typeof key === "string" && IDENTIFIER.test(key) ? `.${key}` : `[${show(key)}]`;
};

/** To a value of a Map, or to one of its keys. */
export const entryStep: Step = (index, key) => {
  if (index % 2 === 0) return `.keys()[${index / 2}]`;
  const plain = key === null || ["string", "number", "boolean", "bigint"].includes(typeof key);
  return plain ? `.get(${show(key)})` : `.values()[${(index - 1) / 2}]`;
};

/** To a member of a Set. */
export const valueStep: Step = index => `.values()[${index}]`;

/** The whole path; the middle of a very long one is left out. */
export function formatPath(allSteps: readonly string[]): string {
  const steps = allSteps.filter(step => step !== "");
  if (steps.length <= SHOWN_STEPS) return `$${steps.join("")}`;
  const half = SHOWN_STEPS / 2;
  const left = steps.slice(0, half).join("");
  return `$${left}…(${steps.length - SHOWN_STEPS} steps)…${steps.slice(-half).join("")}`;
}

function show(key: unknown): string {
  if (typeof key !== "string") return String(key);
  return JSON.stringify(key.length <= LONGEST_TEXT ? key : `${key.slice(0, LONGEST_TEXT)}…`);
}
