import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/paths.ts";

// In processes of their own: what tests of other files left, and what their garbage collector has yet to find, would count. The 60 s
// for each test are verify's, which a child does not have by itself.

const FOLDER = "spec/codec/memory";

for (const file of readdirSync(join(root, FOLDER))) {
  test(`memory: ${file}`, async () => {
    const child = Bun.spawn([process.execPath, "test", "--timeout=60000", `./${FOLDER}/${file}`], {
      cwd: root,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      timeout: 120_000,
      killSignal: "SIGKILL",
    });
    const said = await child.stderr.text();
    expect([await child.exited, said]).toEqual([0, expect.stringContaining(" 0 fail")]);
  }, 130_000);
}
