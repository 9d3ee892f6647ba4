import { compile, type EnvironmentFace, nestedFace } from "./factory.ts";

/**
 * The variables that functions close over. Written as a pair: the environment itself, which needs its names alone, so that functions
 * can be made in it and be referred to; and its `bindings`, which may hold those functions.
 */
export class Environment {
  /** What goes out beside it. */
  readonly bindings: Bindings = new Bindings(this);

  constructor(
    readonly captures: () => object,
    readonly outer: Environment | null,
  ) {}

  /** The variables now, by name. */
  read(): Readonly<Record<string, unknown>> {
    return this.captures() as Record<string, unknown>;
  }

  /** The names, of which `this` counts only if it is an object: else functions have it anyway. */
  names(): string[] {
    const values = this.read();
    return Object.keys(values).filter(name => name !== "this" || isObject(values.this));
  }

  /** Whether it, or one around it, has a variable of this name. */
  find(name: string): Environment | null {
    if (Object.hasOwn(this.read(), name)) return this;
    return this.outer?.find(name) ?? null;
  }
}

/** The values of an environment's variables. */
export class Bindings {
  constructor(readonly environment: Environment) {}
}

/** An environment that came in a message. Its variables are those of a real scope. */
export class BuiltEnvironment extends Environment {
  private face: EnvironmentFace | null = null;
  private readonly named: readonly string[];

  constructor(names: readonly string[], outer: BuiltEnvironment | null) {
    super(() => this.open().read(), outer);
    this.named = names;
  }

  override names(): string[] {
    return [...this.named];
  }

  /**
   * A function of this text in this scope. The first one is compiled together with the scope; further ones are evaluated in it.
   *
   * @throws SyntaxError, and what a class's body throws
   */
  build(text: string, strict: boolean): unknown {
    if (this.face === null && this.outer === null) {
      const { face, first } = compile(this.named, text, strict);
      this.face = face;
      return first;
    }
    return this.open().evaluate(text, strict);
  }

  assign(values: readonly unknown[]): void {
    this.open().assign(values);
  }

  private open(): EnvironmentFace {
    this.face ??=
      this.outer === null
        ? compile(this.named, "null", true).face
        : nestedFace(this.named, this.outer as BuiltEnvironment);
    return this.face;
  }
}

/** Whether a value has an identity. */
export function isObject(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
