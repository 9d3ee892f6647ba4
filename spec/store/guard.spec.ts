import { expect, test } from "bun:test";
import { join } from "node:path";
import { cleanUpAfterEach, directory, freshStore } from "./fresh.ts";

cleanUpAfterEach();

test("a write through a read view ends the process and says which object; nobody else sees it", async () => {
  const store = freshStore();
  const ref = store.put(new Float64Array(10_000).fill(7), { name: "rows" });
  const code = `
    const { Store } = await import(${JSON.stringify(join(import.meta.dir, "..", "..", "src", "index.ts"))});
    const store = Store.open(${JSON.stringify(store.name)}, { directory: ${JSON.stringify(directory)}, mustExist: true });
    const rows = store.peek("rows");
    const mine = rows.slice();
    mine[5] = 1;
    console.log(mine[5], rows[5]);
    rows[5] = 1;
    console.log("survived");`;
  const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "pipe" });
  const [said, complained] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  expect(said).toBe("1 7\n");
  expect(child.signalCode ?? child.exitCode).not.toBe(0);
  expect(complained).toContain('"rows"');
  expect(complained).toContain(".slice()");
  expect(store.peek(ref)![5]).toBe(7);
  store.check();
});
