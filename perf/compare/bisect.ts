/** What a revision is. Of one that can't be measured nothing is known: it may be either. */
export type Answer = "good" | "bad" | "can't be measured";

/** What has been asked of a revision. */
export interface Step {
  revision: string;
  answer: Answer;
}

/** What a bisection has found out. */
export interface Bisection {
  /** The last revision that is known to be good. */
  before: string;
  /** One of these is the first that is bad, oldest first; the last of them is known to be. One alone: that is it. */
  among: string[];
  /** What was asked, in order. */
  steps: Step[];
  /** Whether it ended before it had asked all it could. */
  brokenOff: boolean;
}

/**
 * Looks for the first bad one of revisions, oldest first, of which the first is known to be good and the last to be bad. Each step halves
 * what is left, so 1,000 revisions take 10; in place of one that can't be measured its nearest neighbour is asked.
 */
export async function bisect(
  revisions: readonly string[],
  ask: (revision: string) => Promise<Answer>,
  signal?: AbortSignal,
): Promise<Bisection> {
  let [good, bad] = [0, revisions.length - 1];
  const skipped = new Set<number>();
  const steps: Step[] = [];
  const found = (brokenOff: boolean): Bisection => ({
    before: revisions[good]!,
    among: revisions.slice(good + 1, bad + 1),
    steps,
    brokenOff,
  });
  for (;;) {
    const next = nearest((good + bad) >> 1, good, bad, skipped);
    if (next === undefined) return found(false);
    if (signal?.aborted) return found(true);
    const revision = revisions[next]!;
    const answer = await ask(revision);
    if (signal?.aborted) return found(true);
    steps.push({ revision, answer });
    if (answer === "good") good = next;
    else if (answer === "bad") bad = next;
    else skipped.add(next);
  }
}

/** Of the places between two, the one nearest to the middle that is not skipped. */
function nearest(middle: number, good: number, bad: number, skipped: ReadonlySet<number>): number | undefined {
  for (let away = 0; away < bad - good; away++) {
    for (const at of [middle - away, middle + away]) {
      if (at > good && at < bad && !skipped.has(at)) return at;
    }
  }
  return undefined;
}
