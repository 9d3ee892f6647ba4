/** `bun perf`: what Plasmid's figures are, what a change did to them, and how sure that is. */
import { RevisionError } from "../compare/revision.ts";
import { HistoryError } from "../history/line.ts";
import { type Command, call, UsageError } from "./command.ts";
import { bisectCommand } from "./run-bisect.ts";
import { compareCommand } from "./run-compare.ts";
import { countCommand } from "./run-count.ts";
import { dashboardCommand } from "./run-dashboard.ts";
import { gateCommand } from "./run-gate.ts";
import { recordCommand } from "./run-record.ts";
import { selfTestCommand } from "./run-self-test.ts";
import { suiteCommand } from "./run-suite.ts";
import { trendCommand } from "./run-trend.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  compare: compareCommand,
  count: countCommand,
  gate: gateCommand,
  bisect: bisectCommand,
  record: recordCommand,
  trend: trendCommand,
  dashboard: dashboardCommand,
  "self-test": selfTestCommand,
};

function help(): string {
  const commands = Object.entries(COMMANDS).map(([name, { about }]) => `  bun perf ${name.padEnd(10)} ${about}`);
  return `${suiteCommand.help}\n\nMore:\n${commands.join("\n")}\n\nEach says more with --help. docs/performance.md says how to read what they say.`;
}

const [first = "", ...rest] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
try {
  process.exitCode = await (command === undefined
    ? call({ ...suiteCommand, help: help() }, process.argv.slice(2))
    : call(command, rest));
} catch (error) {
  if (![UsageError, RevisionError, HistoryError].some(known => error instanceof known)) throw error;
  console.error((error as Error).message);
  process.exitCode = 2;
}
