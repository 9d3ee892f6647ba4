/** What rewritten modules import. */
export { capture, captureMethods, captureNamed, scope } from "./capture.ts";
export { exported, imported } from "./imported.ts";
