/** What rewritten modules import. */
export { capture, captureMethods, captureNamed, scope } from "./capture.ts";
export { imported } from "./imported.ts";
