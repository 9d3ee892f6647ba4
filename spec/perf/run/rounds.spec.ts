import { expect, test } from "bun:test";
import { join } from "node:path";
import { root } from "../../../scripts/paths.ts";

test("a quick look has a spread, however few its rounds are", async () => {
  const text = `
    import { inRounds } from ${JSON.stringify(join(root, "perf/run/rounds.ts"))};
    const { one } = await inRounds({ one: count => { for (let i = 0; i < count; i++) Bun.nanoseconds(); } }, 2);
    console.log(one.length);`;
  const child = Bun.spawn([process.execPath, "-e", text], {
    cwd: root,
    env: { ...process.env, PLASMID_PERF_FOLDER: "/", PLASMID_PERF_DISK_FOLDER: "/", PLASMID_PERF_QUICK: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  expect((await child.stdout.text()).trim()).toBe("3");
  expect(await child.exited).toBe(0);
}, 30_000);
