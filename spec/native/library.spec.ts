import { expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlatformError } from "../../src/index.ts";
import { libraryPath } from "../../src/native/library.ts";
import { hostTarget, targetName } from "../../src/native/platform.ts";

const ROOT = join(import.meta.dir, "..", "..");

test("a platform without a core is told so", () => {
  expect(() => hostTarget("darwin", "arm64")).toThrow(PlatformError);
  expect(() => hostTarget("linux", "ppc64")).toThrow("this is linux with ppc64");
  expect(hostTarget("linux", "x64").os).toBe("linux");
});

test("the environment, then the checkout, then the package", () => {
  const root = mkdtempSync(join(tmpdir(), "plasmid-library-"));
  try {
    expect(() => libraryPath({}, root)).toThrow(PlatformError);
    expect(() => libraryPath({}, root)).toThrow("bun run build");
    const place = (...path: string[]) => {
      const file = join(root, ...path, "libplasmid.so");
      mkdirSync(join(file, ".."), { recursive: true });
      writeFileSync(file, "");
      return file;
    };
    const prebuilt = place("prebuilds", targetName(hostTarget()));
    expect(libraryPath({}, root)).toBe(prebuilt);
    const checkout = place("build", "release");
    expect(libraryPath({}, root)).toBe(checkout);
    expect(libraryPath({ PLASMID_LIBRARY: prebuilt }, root)).toBe(prebuilt);
    expect(() => libraryPath({ PLASMID_LIBRARY: "/nowhere.so" }, root)).toThrow("/nowhere.so");
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("a file that is no library is a PlatformError too", async () => {
  const file = join(tmpdir(), `plasmid-no-library-${process.pid}.so`);
  writeFileSync(file, "not a library");
  try {
    const code = `
      const { Store, PlatformError } = await import(${JSON.stringify(join(ROOT, "src", "index.ts"))});
      try { Store.open("x"); } catch (error) { console.log(error instanceof PlatformError, error.code); }`;
    const child = Bun.spawnSync([process.execPath, "-e", code], { env: { ...process.env, PLASMID_LIBRARY: file } });
    expect(child.stdout.toString().trim()).toBe("true ERR_PLASMID_PLATFORM");
  } finally {
    if (existsSync(file)) rmSync(file);
  }
});
