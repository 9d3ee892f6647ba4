/**
 * `bun demo`: one process puts three million flights into a store; five others read them there, each with a question
 * of its own, and none copies them. `--directory` names another memory file system than /dev/shm.
 */
import { parseArgs } from "node:util";
import { childFailed } from "./child.ts";
import { installCleanup } from "./cleanup.ts";
import { Progress } from "./progress.ts";
import { formatReport } from "./report.ts";
import { tell } from "./tell.ts";

const progress = new Progress();
installCleanup(signal => {
  progress.abandon();
  progress.note(`${signal}: ending the processes, removing the store`);
});

try {
  const { directory } = parseArgs({ options: { directory: { type: "string", default: "/dev/shm" } } }).values;
  const story = await Promise.race([tell(progress, directory), childFailed]);
  progress.done();
  console.log(formatReport(story));
  process.exitCode = story.checks.every(([, holds]) => holds) ? 0 : 1;
} catch (error) {
  progress.abandon();
  const { message, code } = error as Error & { code?: string };
  console.error(`The demo can't go on: ${message}${code ? ` [${code}]` : ""}`);
  process.exitCode = 1;
}
// What is to be undone is undone on the way out.
process.exit();
