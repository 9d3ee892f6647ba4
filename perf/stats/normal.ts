/** The share of a standard normal distribution below `x`. Marsaglia, "Evaluating the normal distribution" (2004): a series, exact to 1e-15. @throws RangeError if `x` is NaN. */
export function normalShare(x: number): number {
  if (Number.isNaN(x)) throw new RangeError("no share of a normal distribution lies below NaN");
  if (x < -8) return 0;
  if (x > 8) return 1;
  let sum = x;
  let term = x;
  for (let i = 3; sum + term !== sum; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}

/** Where the share below is `share`, which lies between 0 and 1. */
export function normalQuantile(share: number): number {
  if (!(share > 0 && share < 1)) throw new RangeError(`${share} does not lie between 0 and 1`);
  let [low, high] = [-8, 8];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
