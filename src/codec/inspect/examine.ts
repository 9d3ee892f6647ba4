import { captured } from "../code/capture.ts";
import { Bindings } from "../code/environment.ts";
import type { Encoder } from "../encoder.ts";
import { EncodeError } from "../errors.ts";
import { formatPath, memberStep } from "../path.ts";
import { type Contents, contentsOf, isReference, refusal } from "../refusal.ts";
import { FailTuple } from "./failure.ts";

/** A value on the way down, and what was found below it. */
export interface Examined {
  readonly name: string;
  readonly value: unknown;
  readonly failure: FailTuple | null;
  /** What in it fails, or leads to what does. */
  readonly failing: Examined[];
  /** The first few that don't. */
  readonly fine: Examined[];
  /** How many don't. */
  fineCount: number;
}

interface Level {
  readonly examined: Examined;
  readonly contents: readonly Contents[];
  readonly step: string;
  part: number;
  next: number;
}

const SHOWN_FINE = 10;
/** Enough to see what is wrong; a list of a million locks is one mistake. */
const MAX_FAILURES = 1000;

/** Looks at everything in a value, past what fails. Objects that stand in it twice are looked at once. */
export function examine(root: unknown, name: string, encoder: Encoder): { tree: Examined; failures: FailTuple[] } {
  const failures: FailTuple[] = [];
  const seen = new Set<unknown>([root]);
  const stack: Level[] = [];
  const tree = enter(root, name, "");
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const contents = top.contents[top.part];
    if (contents === undefined || failures.length >= MAX_FAILURES) {
      leave(stack.pop() as Level);
    } else if (top.next === contents.children.length) {
      top.part++;
      top.next = 0;
    } else {
      const index = top.next++;
      const child = contents.children[index];
      const step = contents.step(index, contents.children[index - 1]);
      if (isObject(child)) {
        if (seen.has(child)) continue;
        seen.add(child);
      } else if (typeof child !== "symbol") continue;
      enter(child, nameOf(step), step);
    }
  }
  return { tree, failures };

  function enter(value: unknown, called: string, step: string): Examined {
    let reason: string | null = null;
    let contents: Contents[] = [];
    try {
      reason = refusal(value, encoder);
      if (reason === null && isObject(value) && !isReference(value)) contents = contentsOf(value, encoder);
    } catch (error) {
      reason = `reading it throws ${error}; encode a snapshot of it`;
    }
    if (reason !== null && isObject(value)) contents = insideRefused(value, encoder);
    let failure: FailTuple | null = null;
    if (reason !== null) {
      const parent = stack.findLast(level => !(level.examined.value instanceof Bindings))?.examined.value;
      const path = formatPath([...stack.map(level => level.step), step]);
      failure = new FailTuple(called, path, value, parent, reason);
      failures.push(failure);
    }
    const examined: Examined = { name: called, value, failure, failing: [], fine: [], fineCount: 0 };
    stack.push({ examined, contents, step, part: 0, next: 0 });
    return examined;
  }

  function leave({ examined }: Level): void {
    const above = stack.at(-1)?.examined;
    if (above === undefined) return;
    if (examined.failure !== null || examined.failing.length > 0) {
      above.failing.push(examined);
    } else {
      above.fineCount++;
      if (above.fine.length < SHOWN_FINE) above.fine.push({ ...examined, fine: [], fineCount: 0 });
    }
  }
}

/** What would be next, if the value itself were none to refuse: what a function captured, and what is set on it or on an object. */
function insideRefused(value: object, encoder: Encoder): Contents[] {
  const children: unknown[] = [];
  try {
    for (const [key, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
      if (key !== "prototype") children.push(key, member);
    }
    const own: Contents = { step: memberStep, needed: 0, children };
    const bindings = encoder.code && typeof value === "function" ? captured(value)?.bindings : undefined;
    return bindings === undefined ? [own] : [...contentsOf(bindings, encoder), own];
  } catch {
    return [];
  }
}

/** What only encoding tells: a cycle that can't be closed, a getter that changes its mind. */
export function lastFailure(root: unknown, name: string, encoder: Encoder): FailTuple | null {
  try {
    encoder.encode(root);
    return null;
  } catch (error) {
    const path = error instanceof EncodeError ? error.path : "$";
    return new FailTuple(name, path, root, undefined, error instanceof Error ? error.message : String(error));
  }
}

/** `.lock` is called lock, `.(captured lock)` too. */
function nameOf(step: string): string {
  const bare = /^\.\((?:captured )?(.*)\)$/.exec(step)?.[1];
  return bare ?? (step === "" ? "(part)" : step.replace(/^\./, ""));
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
