/** `bun verify:soak [seconds]`: the soak test for 5 minutes, or as long as it is told. `verify` gives it 30 seconds. */
import { dirname, join } from "node:path";
import { builtLibrary } from "./paths.ts";
import { setUpOrExit } from "./setup.ts";

const seconds = process.argv[2] ?? "300";
if (!/^[1-9]\d*$/.test(seconds)) {
  console.error(`${seconds} is no number of seconds`);
  process.exit(2);
}
await setUpOrExit();
const soak = Bun.spawn([join(dirname(builtLibrary("release")), "spec", "soak")], {
  env: { ...process.env, PLASMID_SOAK_SECONDS: seconds },
  stdio: ["ignore", "inherit", "inherit"],
});
process.exit(await soak.exited);
