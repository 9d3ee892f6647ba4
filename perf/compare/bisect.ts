/** What a bisection has found out. */
export interface Bisection {
  /** The first revision that is bad, and the one before it. */
  first: string;
  before: string;
  /** What was asked, in order. */
  steps: { revision: string; bad: boolean }[];
}

/**
 * The first bad one of revisions, oldest first, of which the first is known to be good and the last to be bad. Each step halves what is
 * left, so 1,000 revisions take 10. Undefined if it was broken off.
 */
export async function bisect(
  revisions: readonly string[],
  isBad: (revision: string) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<Bisection | undefined> {
  let [good, bad] = [0, revisions.length - 1];
  const steps: Bisection["steps"] = [];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const revision = revisions[middle]!;
    const answer = await isBad(revision);
    if (signal?.aborted) return undefined;
    steps.push({ revision, bad: answer });
    if (answer) bad = middle;
    else good = middle;
  }
  return { first: revisions[bad]!, before: revisions[good]!, steps };
}
