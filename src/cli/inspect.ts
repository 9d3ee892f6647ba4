import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { DecodeError } from "../codec/errors.ts";
import { treeLines } from "../codec/inspect/print-tree.ts";
import { readTree } from "../codec/inspect/tree.ts";
import { UsageError } from "./usage.ts";

const HELP = `plasmid inspect FILE

Prints what an encoded value consists of, and how many bytes each part takes. No code of it is run, and no class needs to be known.
FILE is what encode() gave; - is the standard input.

  --depth N    levels to print (default 5)
  --items N    parts of each to print (default 10)
  --lines N    lines to print in all (default 500)
  --help

Exits with 1 if the file can't be read or is no message; what is wrong with it, and where, goes to the standard error.
`;

/** The command `inspect`. Gives the exit code. */
export function inspectFile(args: string[]): number {
  const { file, depth, items, lines, help } = parse(args);
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    const message = readFileSync(file === "-" ? 0 : file);
    const printed: string[] = [`${file}: ${message.length.toLocaleString("en-US")} bytes`];
    for (const line of treeLines(readTree(message, { depth, items }))) {
      if (printed.length < lines) printed.push(line);
      else {
        printed.push(`… and more: --lines ${lines * 10}, or fewer --items`);
        break;
      }
    }
    process.stdout.write(`${printed.join("\n")}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof DecodeError) && (error as { code?: unknown }).code === undefined) throw error;
    const what = error instanceof DecodeError ? "this is no message, or not all of one: " : "";
    process.stderr.write(`plasmid: ${file}: ${what}${(error as Error).message}\n`);
    return 1;
  }
}

interface Arguments {
  file: string;
  depth: number;
  items: number;
  lines: number;
  help: boolean;
}

function parse(args: string[]): Arguments {
  const text = { type: "string" } as const;
  const options = { depth: text, items: text, lines: text, help: { type: "boolean", short: "h" } } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [file = ""] = positionals;
    if (positionals.length !== 1 && values.help !== true) throw new UsageError("inspect takes one FILE");
    const number = (name: "depth" | "items" | "lines", usual: number) => count(name, values[name], usual);
    return {
      file,
      depth: number("depth", 5),
      items: number("items", 10),
      lines: number("lines", 500),
      help: values.help === true,
    };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
}

function count(name: string, value: string | undefined, usual: number): number {
  if (value === undefined) return usual;
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`--${name} takes a number, not ${value}`);
  return Number(value);
}
