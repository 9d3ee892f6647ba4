import { setUpOrExit } from "./setup.ts";

await setUpOrExit();
