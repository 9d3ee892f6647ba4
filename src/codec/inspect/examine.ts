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

/** Stands for what a getter would have given. */
class Thrown {
  readonly #error: unknown;

  constructor(error: unknown) {
    this.#error = error;
  }

  get error(): unknown {
    return this.#error;
  }

  /** As `instanceof`, which a revoked Proxy would not bear. */
  static is(value: unknown): value is Thrown {
    return isObject(value) && #error in value;
  }
}

/** Looks at everything in a value, past what fails. Objects that stand in it twice are looked at once. */
export function examine(root: unknown, name: string, encoder: Encoder): { tree: Examined; failures: FailTuple[] } {
  const examiner = new Examiner(encoder);
  const tree = examiner.enter(root, name, "");
  while (examiner.advance());
  return { tree, failures: examiner.failures };
}

class Examiner {
  readonly failures: FailTuple[] = [];
  private readonly seen = new Set<unknown>();
  private readonly stack: Level[] = [];

  constructor(private readonly encoder: Encoder) {}

  /** Goes one child further. False at the end. */
  advance(): boolean {
    const top = this.stack.at(-1);
    if (top === undefined) return false;
    const contents = top.contents[top.part];
    if (contents === undefined || this.failures.length >= MAX_FAILURES) {
      this.leave(this.stack.pop() as Level);
    } else if (!(top.next < contents.children.length)) {
      top.part++;
      top.next = 0;
    } else {
      const index = top.next++;
      const child = contents.children[index];
      const step = contents.step(index, contents.children[index - 1]);
      if (typeof child === "symbol" || (isObject(child) && !this.seen.has(child)))
        this.enter(child, nameOf(step), step);
    }
    return true;
  }

  enter(value: unknown, name: string, step: string): Examined {
    if (isObject(value)) this.seen.add(value);
    const { reason, contents } = this.look(value);
    const shown = Thrown.is(value) ? undefined : value;
    const failure = reason === null ? null : this.fail(shown, name, step, reason);
    const examined: Examined = { name, value: shown, failure, failing: [], fine: [], fineCount: 0 };
    this.stack.push({ examined, contents, step, part: 0, next: 0 });
    return examined;
  }

  private look(value: unknown): { reason: string | null; contents: Contents[] } {
    const { encoder } = this;
    if (Thrown.is(value)) return { reason: readingThrows(value.error), contents: [] };
    let reason: string | null = null;
    let threw = false;
    try {
      reason = refusal(value, encoder);
      if (reason === null) {
        return { reason, contents: isObject(value) && !isReference(value) ? contentsOf(value, encoder) : [] };
      }
    } catch (error) {
      reason = readingThrows(error);
      threw = true;
    }
    const contents = isObject(value) ? insideRefused(value, encoder, threw) : [];
    // A getter that throws is to blame itself, not what it belongs to.
    const blamed = contents.some(({ children }) => children.some(child => Thrown.is(child)));
    return { reason: blamed ? null : reason, contents };
  }

  private fail(value: unknown, name: string, step: string, reason: string): FailTuple {
    const parent = this.stack.findLast(level => !(level.examined.value instanceof Bindings))?.examined.value;
    const path = formatPath([...this.stack.map(level => level.step), step]);
    const failure = new FailTuple(name, path, value, parent, reason);
    this.failures.push(failure);
    return failure;
  }

  private leave({ examined }: Level): void {
    const above = this.stack.at(-1)?.examined;
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
function insideRefused(value: object, encoder: Encoder, askGetters: boolean): Contents[] {
  const children: unknown[] = [];
  try {
    for (const [key, { value: member, get, enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
      if (key !== "prototype") children.push(key, askGetters && get && enumerable ? given(value, get) : member);
    }
    const own: Contents = { step: memberStep, needed: 0, children };
    const bindings = encoder.code && typeof value === "function" ? captured(value)?.bindings : undefined;
    return bindings === undefined ? [own] : [...contentsOf(bindings, encoder), own];
  } catch {
    return [];
  }
}

function readingThrows(error: unknown): string {
  return `reading it throws ${error}; encode a snapshot of it`;
}

/** What a getter gives. */
function given(object: object, get: () => unknown): unknown {
  try {
    return get.call(object);
  } catch (error) {
    return new Thrown(error);
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
