import { expect, test } from "bun:test";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/paths.ts";
import { Store } from "../../src/index.ts";
import { cleanUpAfterEach, directory, freshStore } from "../store/fresh.ts";

cleanUpAfterEach();

async function plasmid(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = Bun.spawn([process.execPath, join(root, "src/cli/main.ts"), ...args, "--directory", directory], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, out, err };
}

test("top says who keeps how much, of one store or of all", async () => {
  const store = freshStore();
  const held = store.put(new Uint8Array(100_000));
  store.put("pinned", { name: "pinned", pin: true });
  const one = await plasmid("top", store.name, "--json");
  expect([one.code, one.err]).toEqual([0, ""]);
  const { name, usage } = JSON.parse(one.out);
  expect(name).toBe(store.name);
  const row = (kind: string) => usage.find((row: { kind: string }) => row.kind === kind);
  // The other ref is collected when it is.
  expect(row("handle").pid).toBe(process.pid);
  expect(row("handle").count).toBeGreaterThanOrEqual(1);
  expect(row("handle").bytes).toBeGreaterThanOrEqual(100_000);
  expect(row("pin")).toMatchObject({ pid: 0, count: 1 });
  const all = await plasmid("top");
  expect(all.code).toBe(0);
  expect(all.out).toContain(`${store.name}: `);
  expect(all.out).toMatch(new RegExp(`\\n +${process.pid}  handle +[12] +1\\d\\d\\.\\d KiB  \\d+ s\\n`));
  expect(store.contains(held)).toBe(true);
});

test("fsck says what is wrong, and mends it", async () => {
  const store = freshStore();
  store.put("kept", { name: "kept", pin: true });
  expect(await plasmid("fsck", store.name)).toEqual({
    code: 0,
    out: `${store.name}: clean; 1 objects, 2 clients\n`,
    err: "",
  });
  // A count that the superblock keeps of evictable objects: it is found by its value alone, after some were made.
  for (let i = 0; i < 77; i++) store.put(i, { name: `cache/${i}` });
  Bun.gc(true);
  expect(store.stats().evictable).toBe(77);
  damage(store, 77);
  const found = await plasmid("fsck", store.name, "--json");
  expect(found.code).toBe(1);
  expect(JSON.parse(found.out)).toMatchObject({ clean: false, mended: true, objects: 78 });
  expect((await plasmid("fsck", store.name)).code).toBe(0);
  expect(store.peek("kept")).toBe("kept");
});

test("a store that is not there, no name, a wrong option", async () => {
  const none = await plasmid("fsck", "nothing-here");
  expect([none.code, none.out]).toEqual([1, ""]);
  expect(none.err).toContain("nothing-here");
  expect((await plasmid("fsck")).code).toBe(2);
  expect((await plasmid("top", "--wrong")).code).toBe(2);
  expect((await plasmid("top", "--help")).out).toContain("plasmid top");
  expect(Store.list({ directory })).not.toContain("nothing-here");
});

/** Turns a bit of each word of the first page, from the second line on, that has this value. */
function damage(store: Store, value: number): void {
  const file = openSync(join(directory, `${encodeURIComponent(store.name)}.plasmid`), "r+");
  const page = new Uint32Array(1024);
  readSync(file, page, 0, page.byteLength, 0);
  const at = page.indexOf(value, 64);
  expect(at).toBeGreaterThan(0);
  writeSync(file, new Uint32Array([value ^ 8]), 0, 4, at * 4);
  closeSync(file);
}
