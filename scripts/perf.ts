import { runInForeground } from "./command.ts";
import { setUpOrExit } from "./setup.ts";

await setUpOrExit();
process.exit(await runInForeground("perf/cli/main.ts", process.argv.slice(2)));
