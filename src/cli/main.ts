#!/usr/bin/env bun
import packageJson from "../../package.json" with { type: "json" };
import { inspectFile } from "./inspect.ts";
import { UsageError } from "./usage.ts";

const HELP = `plasmid: immutable objects in shared memory

  plasmid top [NAME...]    who keeps how much of a store
  plasmid fsck NAME...     check a store, and mend it
  plasmid inspect FILE     print an encoded value as a tree
  plasmid --help           this text; plasmid COMMAND --help says more
  plasmid --version

Exits with 0 if all went well, 1 if it failed, 2 if it was called wrongly.
`;

// What inspects a file needs no core: it is loaded for those commands alone that do.
const commands: Record<string, (args: string[]) => number | Promise<number>> = {
  top: async args => (await import("./top.ts")).top(args),
  fsck: async args => (await import("./fsck.ts")).fsck(args),
  inspect: inspectFile,
};

process.exitCode = await run(process.argv.slice(2));

async function run([name, ...args]: string[]): Promise<number> {
  if (name === "--version") {
    process.stdout.write(`${packageJson.version}\n`);
    return 0;
  }
  if (name === "--help" || name === "-h") {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    const command = name === undefined || !Object.hasOwn(commands, name) ? undefined : commands[name];
    if (command === undefined)
      throw new UsageError(name === undefined ? "which command?" : `there is no command ${name}`);
    return await command(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`plasmid: ${error.message}\n\n${HELP}`);
    return 2;
  }
}
