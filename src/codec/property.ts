/**
 * Sets a property of a decoded object. Assigning `__proto__` would change what the object inherits instead of making a property: the
 * door through which prototypes get polluted.
 */
export function setProperty(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}
