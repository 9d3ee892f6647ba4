import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AbortedError,
  BadNameError,
  BadSegmentError,
  CapacityError,
  ClientsFullError,
  InvalidArgumentError,
  NoSpaceError,
  Store,
  StoreDestroyedError,
  StoreNotFoundError,
  VersionError,
} from "../../src/index.ts";
import { cleanUpAfterEach, directory, freshName, freshStore, sameStore, scaled } from "./fresh.ts";
import { startProcess } from "./process.ts";

cleanUpAfterEach();

function fileOf(name: string): string {
  return join(directory, `${encodeURIComponent(name)}.plasmid`);
}

test("opened by name, in any order; destroyed for everyone", () => {
  const store = freshStore();
  const other = sameStore(store);
  const ref = other.put("x");
  expect(store.peek(ref)).toBe("x");
  expect(Store.list({ directory })).toEqual([store.name]);
  expect(statSync(fileOf(store.name)).mode & 0o777).toBe(0o600);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  Store.destroy(store.name, { directory });
  expect(Store.list({ directory })).toEqual([]);
  expect(() => store.put(1)).toThrow(StoreDestroyedError);
  expect(() => other.peek(ref)).toThrow(StoreDestroyedError);
  expect(() => other.stats()).toThrow(StoreDestroyedError);
  expect(() => Store.destroy(store.name, { directory })).toThrow(StoreNotFoundError);
  // The name is free for a new store, beside the old one.
  const next = freshStore({}, store.name);
  expect(next.put(1)).toBeDefined();
});

test("capacity: another is told, none takes what is there", () => {
  const store = freshStore({ capacity: "4MiB" });
  expect(() => freshStore({ capacity: "8MiB" }, store.name)).toThrow(CapacityError);
  expect(sameStore(store).stats().capacity).toBe(4 * 2 ** 20);
  expect(freshStore({ capacity: 4 * 2 ** 20 }, store.name).stats().capacity).toBe(4 * 2 ** 20);
  expect(freshStore({ capacity: undefined }).stats().capacity).toBeGreaterThan(2 ** 20);
});

test("mustExist makes nothing", () => {
  expect(() => freshStore({ mustExist: true })).toThrow(StoreNotFoundError);
  expect(() => freshStore({ mustExist: true, capacity: undefined })).toThrow(StoreNotFoundError);
  expect(Store.list({ directory })).toEqual([]);
  expect(Store.list({ directory: "/dev/shm/plasmid-nowhere" })).toEqual([]);
});

test("options out of range", () => {
  const bad = [
    { capacity: -1 },
    { capacity: "much" },
    { capacity: 1000 },
    { maxObjects: 0 },
    { maxObjects: 15 },
    { maxObjects: 2 ** 30 + 1 },
    { maxObjects: 1.5 },
    { maxClients: 2000 },
    { lockTimeoutMs: -1 },
    { fullTimeoutMs: Number.NaN },
    { lifetime: "for ever" as "explicit" },
    { directory: "relative" },
    { directory: "" },
  ];
  for (const options of bad) expect(() => freshStore(options)).toThrow(InvalidArgumentError);
  for (const name of ["", "/a", "..", "x".repeat(201)]) expect(() => freshStore({}, name)).toThrow(BadNameError);
  expect(() => Store.destroy("..", { directory })).toThrow(BadNameError);
});

test("names with anything in them are told apart", () => {
  const names = ["a/b", "a%2Fb", "a b", "ä/ö", ".hidden", "a.plasmid"];
  for (const name of names) freshStore({ capacity: "1MiB" }, name).put(name, { name: "me" });
  expect(Store.list({ directory })).toEqual([...names].sort());
  for (const name of names) expect(freshStore({ capacity: undefined, mustExist: true }, name).peek("me")).toBe(name);
});

test("many that open at one instant get one store", async () => {
  const name = freshName();
  const at = Date.now() + 600;
  const children = Array.from({ length: 6 }, (_, i) =>
    startProcess(
      async ({ plasmid, say, hear }, name, directory, at, i) => {
        while (Date.now() < at);
        const store = plasmid.Store.open(name, { directory, capacity: "4MiB" });
        store.put(i, { name: `from/${i}`, pin: true });
        say("open");
        await hear();
        say(await store.get([0, 1, 2, 3, 4, 5].map(j => `from/${j}`)));
        await hear();
      },
      name,
      directory,
      at,
      i,
    ),
  );
  for (const child of children) expect(await child.line()).toBe("open");
  for (const child of children) child.send("get");
  for (const child of children) expect(await child.json<number[]>()).toEqual([0, 1, 2, 3, 4, 5]);
  expect(readdirSync(directory).length).toBe(1);
  const store = freshStore({ capacity: undefined }, name);
  expect(store.stats().clients).toBe(7);
  store.check();
});

test("maxClients is kept; several Stores of one process are one client", async () => {
  const store = freshStore({ maxClients: 2 });
  for (let i = 0; i < 5; i++) sameStore(store);
  expect(store.stats().clients).toBe(1);
  const open = () =>
    startProcess(
      async ({ plasmid, say, hear }, name, directory) => {
        try {
          plasmid.Store.open(name, { directory, mustExist: true });
          say("open");
        } catch (error) {
          say((error as Error).name);
        }
        await hear();
      },
      store.name,
      directory,
    );
  const one = open();
  expect(await one.line()).toBe("open");
  expect(await open().line()).toBe(ClientsFullError.name);
  await one.kill();
  expect(await open().line()).toBe("open");
});

test("last-close: gone with its last client, also when that exits without closing", async () => {
  const store = freshStore({ lifetime: "last-close" });
  const child = startProcess(
    async ({ plasmid, say, hear }, name, directory) => {
      plasmid.Store.open(name, { directory, mustExist: true });
      say("open");
      await hear();
      process.exit(0);
    },
    store.name,
    directory,
  );
  await child.line();
  const other = sameStore(store);
  store.close();
  other.close();
  expect(existsSync(fileOf(store.name))).toBe(true);
  child.send("exit");
  await child.exited;
  expect(existsSync(fileOf(store.name))).toBe(false);
});

test("last-close: whose last client was killed is another store at the next open", async () => {
  const name = freshName();
  const child = startProcess(
    async ({ plasmid, say, hear }, store, folder) => {
      const options = { directory: folder, capacity: "4MiB", lifetime: "last-close" } as const;
      plasmid.Store.open(store, options).put("left behind", { name: "x", pin: true });
      say("put");
      await hear();
    },
    name,
    directory,
  );
  await child.line();
  await child.kill();
  expect(existsSync(fileOf(name))).toBe(true);
  const store = freshStore({ capacity: "8MiB", lifetime: "last-close" }, name);
  expect(store.peek("x")).toBeUndefined();
  expect(store.stats().capacity).toBe(8 * 2 ** 20);
  expect(store.stats().objects).toBe(0);
});

const asRoot = process.getuid?.() === 0;

describe("hostile files are refused", () => {
  const hostile: [string, (file: string, good: string) => void][] = [
    ["a symbolic link to a good one", (file, good) => symlinkSync(good, file)],
    ["readable by others", file => chmodSync(file, 0o644)],
    ["empty", file => truncateSync(file, 0)],
    ["cut off in its tables", file => truncateSync(file, 8192)],
    ["one byte short", file => truncateSync(file, statSync(file).size - 1)],
    ["text", file => writeFileSync(file, "hello\n".repeat(10_000))],
    ["random bytes", file => writeFileSync(file, randomBytes(1_000_000))],
    [
      "a directory",
      file => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
    [
      "a FIFO",
      file => {
        rmSync(file);
        Bun.spawnSync(["mkfifo", "-m", "600", file]);
      },
    ],
    [
      "a good one with one bit of its head turned",
      file => {
        const bytes = readFileSync(file);
        bytes[40]! ^= 1;
        writeFileSync(file, bytes);
      },
    ],
  ];
  for (const [what, spoil] of hostile) {
    test(what, () => {
      const store = freshStore({ capacity: "1MiB" });
      store.close();
      const file = fileOf(store.name);
      const good = join(directory, "good");
      renameSync(file, good);
      if (what.includes("link")) spoil(file, good);
      else {
        writeFileSync(file, readFileSync(good), { mode: 0o600 });
        spoil(file, good);
      }
      expect(() => freshStore({ capacity: "1MiB" }, store.name)).toThrow(BadSegmentError);
      expect(() => sameStore(store)).toThrow(BadSegmentError);
      rmSync(file, { recursive: true });
      rmSync(good);
    });
  }

  // Offsets in the superblock.
  for (const [what, at] of [
    ["version", 8],
    ["fingerprint of its fields", 16],
  ] as const) {
    test(`a whole one whose ${what} is another build's: it can be destroyed, not opened`, () => {
      const store = freshStore({ capacity: "1MiB" });
      store.put("whole", { name: "x", pin: true });
      store.close();
      const file = fileOf(store.name);
      const bytes = readFileSync(file);
      bytes[at]! ^= 2;
      writeFileSync(file, bytes);
      expect(() => sameStore(store)).toThrow(VersionError);
      expect(() => freshStore({ capacity: "1MiB" }, store.name)).toThrow("another build");
      expect(readFileSync(file).equals(bytes)).toBe(true);
      Store.destroy(store.name, { directory });
      expect(existsSync(file)).toBe(false);
    });
  }

  // Only root can give a file away.
  test.skipIf(!asRoot)("another user's, and another user's folder", () => {
    const store = freshStore({ capacity: "1MiB" });
    store.close();
    const file = fileOf(store.name);
    chownSync(file, 65534, 65534);
    expect(() => sameStore(store)).toThrow(BadSegmentError);
    expect(() => freshStore({ capacity: "1MiB" }, store.name)).toThrow("of this user");
    expect(() => Store.destroy(store.name, { directory })).toThrow(BadSegmentError);
    expect(existsSync(file)).toBe(true);
    rmSync(file);
    const folder = `${directory}-theirs`;
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, 65534, 65534);
    try {
      expect(() => Store.open("x", { directory: folder, capacity: "1MiB" })).toThrow(BadSegmentError);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a folder that others may write to, or a link to one", () => {
    const folder = `${directory}-open`;
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const link = `${folder}-link`;
    symlinkSync(directory, link);
    try {
      expect(() => Store.open("x", { directory: folder, capacity: "1MiB" })).toThrow(BadSegmentError);
      expect(() => Store.open("x", { directory: link, capacity: "1MiB" })).toThrow();
    } finally {
      rmSync(folder, { recursive: true });
      rmSync(link);
    }
  });
});

test("a folder on a disk works, with a warning", async () => {
  const folder = join(tmpdir(), `plasmid-disk-${process.pid}`);
  const script = `
    const { Store } = await import(${JSON.stringify(join(import.meta.dir, "..", "..", "src", "index.ts"))});
    const store = Store.open("d", { directory: ${JSON.stringify(folder)}, capacity: "1MiB" });
    console.log(store.peek(store.put("works")));
    store.close();
    Store.destroy("d", { directory: ${JSON.stringify(folder)} });`;
  const child = Bun.spawnSync([process.execPath, "-e", script]);
  rmSync(folder, { recursive: true, force: true });
  expect(child.stdout.toString().trim()).toBe("works");
  const onDisk = require("node:fs").statfsSync(tmpdir()).type !== 0x01021994;
  if (onDisk) expect(child.stderr.toString()).toContain("are on a disk");
});

describe("a small file system of the test's own", () => {
  const folder = `/dev/shm/plasmid-small-${process.pid}`;
  const hog = join(folder, "hog");
  let mounted = false;
  const fill = () => {
    try {
      writeFileSync(hog, Buffer.alloc(16 * 2 ** 20));
    } catch {
      // Full, as it should be.
    }
  };
  beforeAll(() => {
    if (!asRoot) return;
    mkdirSync(folder);
    mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", folder]).exitCode === 0;
    if (!mounted) console.warn("skipped: a tmpfs can't be mounted here");
  });
  afterAll(() => {
    if (mounted) Bun.spawnSync(["umount", "-l", folder]);
    if (asRoot) rmSync(folder, { recursive: true, force: true });
  });

  test.skipIf(!asRoot)("more than it holds is refused at open", () => {
    if (!mounted) return;
    expect(() => Store.open("big", { directory: folder, capacity: "1GiB" })).toThrow(NoSpaceError);
    expect(() => Store.open("big", { directory: folder, capacity: "1GiB" })).toThrow("--shm-size");
    expect(readdirSync(folder)).toEqual([]);
  });

  test.skipIf(!asRoot)("filled by somebody else: an error, then fine again", () => {
    if (!mounted) return;
    const store = Store.open("s", { directory: folder, capacity: "7MiB" });
    const kept = store.put("kept", { pin: true });
    fill();
    // What nobody uses any more goes first, as when it is the store that is full.
    for (let i = 0; i < 200; i++) store.put(new Uint8Array(100_000).fill(i));
    expect(() => {
      for (let i = 0; i < 60; i++) store.put(new Uint8Array(100_000).fill(i), { pin: true });
    }).toThrow(NoSpaceError);
    expect(store.peek(kept)).toBe("kept");
    store.check();
    rmSync(hog);
    const ref = store.put(new Uint8Array(1_000_000).fill(7));
    expect(store.peek(ref)![999_999]).toBe(7);
    store.check();
    store.close();
    Store.destroy("s", { directory: folder });
  });

  test.skipIf(!asRoot)("who waits for room sees that the file system has some again", async () => {
    if (!mounted) return;
    const store = Store.open("w", { directory: folder, capacity: "7MiB", fullTimeoutMs: 20_000 });
    const value = new Uint8Array(4_000_000).fill(7);
    fill();
    const begin = performance.now();
    const controller = new AbortController();
    const abandoned = store.putAsync(value, { signal: controller.signal }).catch(error => error);
    const waiting = store.putAsync(value, { timeoutMs: 20_000 });
    await Bun.sleep(250);
    controller.abort();
    expect(await abandoned).toBeInstanceOf(AbortedError);
    rmSync(hog);
    const ref = await waiting;
    expect(store.peek(ref)![3_999_999]).toBe(7);
    store.free(ref);
    Bun.gc(true);
    store.trim();
    fill();
    // Nobody who has the store open, and while this thread blocks.
    const other = Bun.spawn(["sh", "-c", `sleep 0.3; rm ${hog}`]);
    expect(store.peek(store.put(value))![3_999_999]).toBe(7);
    expect(performance.now() - begin).toBeLessThan(10_000);
    await other.exited;
    store.check();
    store.close();
    Store.destroy("w", { directory: folder });
  });

  test.skipIf(!asRoot)("who waits for room sees that the disk to spill to has some again", async () => {
    if (!mounted) return;
    const store = freshStore({ capacity: "2MiB", spill: folder });
    fill();
    for (let i = 0; i < 3; i++) store.put(new Uint8Array(600_000), { pin: true });
    const begin = performance.now();
    const waiting = store.putAsync(new Uint8Array(600_000).fill(7), { timeoutMs: 20_000 });
    const before = process.cpuUsage();
    await Bun.sleep(1000);
    // Its own attempts do not wake it.
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(500_000);
    rmSync(hog);
    expect(store.peek(await waiting)![599_999]).toBe(7);
    expect(performance.now() - begin).toBeLessThan(10_000);
    store.check();
  });
});

test("more than a million objects", () => {
  const store = freshStore({ capacity: "512MiB" });
  const list = Array.from({ length: 10_000 }, (_, i) => i);
  const times = scaled(105);
  for (let i = 0; i < times; i++) store.putMany(list, { pin: true });
  expect(store.stats().objects).toBe(times * 10_000);
  store.check();
}, 60_000);
