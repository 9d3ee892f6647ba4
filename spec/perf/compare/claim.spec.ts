import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { claim, forget } from "../../../perf/compare/claim.ts";
import { root } from "../../../scripts/paths.ts";
import { temporaryFolder } from "../../support/program.ts";

const folder = temporaryFolder("claim");
afterAll(() => folder[Symbol.dispose]());

/** A process that claims a place, which it takes a while to make; tells who made it, and lives until it is killed if it is to. */
function claims(place: string, stays = false) {
  const text = `
    import { appendFileSync } from "node:fs";
    import { claim } from ${JSON.stringify(join(root, "perf/compare/claim.ts"))};
    const place = ${JSON.stringify(place)};
    await claim(place, async () => {
      appendFileSync(place + ".log", "begun ");
      await Bun.sleep(200);
      appendFileSync(place + ".log", "made ");
    }, 20);
    console.log("claimed");
    ${stays ? "setInterval(() => {}, 1000);" : ""}`;
  return Bun.spawn([process.execPath, "-e", text], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
}

const logOf = (place: string) => readFileSync(`${place}.log`, "utf8").trim();

describe.skipIf(Bun.which("flock") === null)("a place that processes claim", () => {
  test("is made by one of them, for which the others wait, and they end by themselves", async () => {
    const place = join(folder.path, "one");
    const both = [claims(place), claims(place), claims(place)];
    expect(await Promise.all(both.map(child => child.exited))).toEqual([0, 0, 0]);
    expect(logOf(place)).toBe("begun made");
  }, 30_000);

  test("is made anew where that was broken off, or went wrong", async () => {
    const place = join(folder.path, "two");
    const child = claims(place);
    while (!existsSync(`${place}.log`)) await Bun.sleep(5);
    child.kill("SIGKILL");
    await child.exited;
    expect(logOf(place)).toBe("begun");
    await expect(claim(place, () => Promise.reject(new Error("no room")), 20)).rejects.toThrow("no room");
    expect(await claims(place).exited).toBe(0);
    expect(logOf(place)).toBe("begun begun made");
  }, 30_000);

  test("is not forgotten while a process has it, however that ends", async () => {
    const place = join(folder.path, "three");
    mkdirSync(place);
    const remove = async () => rmSync(place, { recursive: true });
    const child = claims(place, true);
    await child.stdout.getReader().read();
    await forget(place, remove);
    expect(existsSync(place)).toBe(true);
    child.kill("SIGKILL");
    await child.exited;
    for (let i = 0; i < 200 && existsSync(place); i++) {
      await forget(place, remove);
      await Bun.sleep(20);
    }
    expect(existsSync(place)).toBe(false);
  }, 30_000);

  test("is given up when the wait is broken off", async () => {
    const place = join(folder.path, "four");
    const controller = new AbortController();
    await using held = await claim(place, async () => {}, 20);
    expect(held).toBeDefined();
    rmSync(`${place}.finished`);
    setTimeout(() => controller.abort(), 100);
    expect(await claim(place, async () => {}, 20, controller.signal)).toBeUndefined();
  }, 30_000);
});
