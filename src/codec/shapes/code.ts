/** Of more keys, or longer ones, code would be long and gain little. */
export const MAX_KEYS = 64;
const MAX_KEY_LENGTH = 100;

let mayMake = true;

/**
 * Keys as they may stand in code: as quoted texts, which JSON makes them. Null if there are too many, or if one is `__proto__`, which
 * would mean something else there.
 */
export function quoteKeys(keys: readonly string[]): string[] | null {
  if (!mayMake || keys.length > MAX_KEYS) return null;
  if (keys.some(key => key === "__proto__" || key.length > MAX_KEY_LENGTH)) return null;
  return keys.map(key => JSON.stringify(key));
}

/** What a function with this body returns, in which the names of `known` are known. Null where code may not be made of text. */
export function makeCode<T>(known: Readonly<Record<string, unknown>>, body: string): T | null {
  try {
    return new Function(...Object.keys(known), body)(...Object.values(known)) as T;
  } catch {
    // Forbidden here, by a flag or a policy.
    mayMake = false;
    return null;
  }
}
