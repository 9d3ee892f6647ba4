import { type ParseArgsConfig, parseArgs } from "node:util";

/** How a command was called. */
export interface Call {
  names: string[];
  /** `--json` and the like; numbers by `numberOf`. */
  options: Record<string, string | boolean | undefined>;
}

/** A command of `bun perf`. */
export interface Command {
  /** One line for the list of commands. */
  about: string;
  /** What `--help` says. */
  help: string;
  options: ParseArgsConfig["options"];
  /** How many names it takes at most, and what else a further one may have been meant for. */
  names: { most: number; instead?: string };
  /** Gives the exit code. */
  run(call: Call): Promise<number>;
}

/** What a person has said wrongly: the message is all that is shown. */
export class UsageError extends Error {}

/** Runs a command with what stands behind its name. */
export async function call(command: Command, args: string[]): Promise<number> {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    const options = { ...command.options, help: { type: "boolean", short: "h" } } as const;
    parsed = parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (parsed.values.help) {
    console.log(command.help);
    return 0;
  }
  const { most, instead } = command.names;
  const surplus = parsed.positionals[most];
  if (surplus !== undefined) throw new UsageError(`${surplus} is a name too many: ${instead ?? "see --help"}`);
  return await command.run({ names: parsed.positionals, options: parsed.values as Call["options"] });
}

/** An option's whole number. @throws UsageError if it is none, or less than `least`. */
export function numberOf({ options }: Call, name: string, usual: number, least = 1): number {
  const text = options[name];
  if (text === undefined) return usual;
  const number = Number(text);
  if (!Number.isInteger(number) || number < least)
    throw new UsageError(`--${name} takes a whole number from ${least} up`);
  return number;
}
