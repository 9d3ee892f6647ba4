/** Values that can be reckoned with. @throws RangeError that names the first that can't be, and for whom. */
export function mustBeFinite(values: readonly number[], whose: string): void {
  const at = values.findIndex(value => !Number.isFinite(value));
  if (at >= 0) throw new RangeError(`${whose}: value ${at} of ${values.length} is ${values[at]}`);
}
