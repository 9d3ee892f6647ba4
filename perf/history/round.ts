/** Five digits: more than are known. */
export function round(value: number): number {
  return Number(value.toPrecision(5));
}
