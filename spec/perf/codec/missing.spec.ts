import { expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Arena } from "../../../perf/run/arena.ts";
import { root } from "../../../scripts/paths.ts";
import { temporaryFolder } from "../../support/program.ts";

/** A copy of the harness where packages are not installed. */
function without(folder: string, missing: readonly string[]): void {
  cpSync(join(root, "perf"), join(folder, "perf"), { recursive: true });
  for (const name of ["src", "csrc", "scripts", "examples", "build", "prebuilds", "package.json"])
    symlinkSync(join(root, name), join(folder, name));
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules")).filter(name => !missing.includes(name)))
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
}

test("a peer that is not installed is named so, and the others are measured", async () => {
  using arena = new Arena();
  using folder = temporaryFolder("missing");
  without(folder.path, ["lmdb", "msgpackr"]);
  const outputOf = async (...command: string[]) => {
    const child = Bun.spawn([process.execPath, ...command], {
      cwd: folder.path,
      env: {
        ...process.env,
        PLASMID_PERF_FOLDER: arena.folder,
        PLASMID_PERF_DISK_FOLDER: arena.disk,
        PLASMID_PERF_QUICK: "1",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const text = await child.stdout.text();
    expect(await child.exited).toBe(0);
    return text;
  };
  expect(JSON.parse(await outputOf("perf/codec/duel.ts", "a", "plasmid", "msgpackr"))).toMatchObject({
    peer: "not installed",
  });
  expect(JSON.parse(await outputOf("perf/codec/duel.ts", "a", "plasmid", "JSON"))).toMatchObject({ peer: "right" });
  const lines = (await outputOf("perf/benches/peers.ts")).trim().split("\n");
  const peers = lines.map(line => JSON.parse(line).limit);
  expect(peers.map(({ what }) => what)).toContain("LMDB in /dev/shm: not installed");
  const ipc = peers.find(({ what }) => what === "Bun's IPC");
  expect(ipc.measured.median).toBeGreaterThan(0);
}, 180_000);
