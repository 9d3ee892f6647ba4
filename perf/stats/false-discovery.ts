/**
 * The p values of many tests, so adjusted that of those at most `q` a share of about `q` is a false alarm (Benjamini and Hochberg 1995).
 * In the order in which they were given.
 */
export function falseDiscovery(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[b]! - ps[a]!);
  const adjusted = new Array<number>(ps.length);
  let least = 1;
  order.forEach((at, i) => {
    least = Math.min(least, (ps[at]! * ps.length) / (ps.length - i));
    adjusted[at] = least;
  });
  return adjusted;
}
