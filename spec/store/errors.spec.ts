import { expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import * as plasmid from "../../src/index.ts";
import { Code } from "../../src/native/code.ts";
import { failure } from "../../src/native/failure.ts";
import { hostTarget } from "../../src/native/platform.ts";
import { cleanUpAfterEach, directory, freshName, freshStore, withSegment } from "./fresh.ts";
import { startProcess } from "./process.ts";

cleanUpAfterEach();

const { Store } = plasmid;

function fileOf(name: string): string {
  return join(directory, `${encodeURIComponent(name)}.plasmid`);
}

/** The words of the superblock that a test needs: see csrc/layout.h. */
const VERSION_AT = 8;
const ENTRIES_AT_AT = 72;
const ENTRY_BYTES = 128;
const ENTRY_GRANULES_AT = 36;

function overwrite(file: string, at: number, byte: number): void {
  const fd = openSync(file, "r+");
  writeSync(fd, Uint8Array.of(byte), 0, 1, at);
  closeSync(fd);
}

function wordAt(file: string, at: number): number {
  const fd = openSync(file, "r");
  const word = new BigUint64Array(1);
  readSync(fd, word, 0, 8, at);
  closeSync(fd);
  return Number(word[0]);
}

/** How each code is met by somebody who uses the package. */
const provoke: Partial<Record<keyof typeof Code, () => unknown>> = {
  INVALID: () => freshStore({ capacity: "lots" }),
  NOT_FOUND: () => freshStore().lease("nothing"),
  TIMED_OUT: () => freshStore().getSync("nothing", { timeoutMs: 1 }),
  ABORTED: () => freshStore().get("nothing", { signal: AbortSignal.abort() }),
  NAME_TAKEN: () => {
    const store = freshStore();
    store.put(1, { name: "n" });
    store.put(2, { name: "n" });
  },
  NOT_SEALED: () => {
    const store = freshStore();
    store.lease(store.allocate(Uint8Array, 5).ref);
  },
  ALREADY_SEALED: () => {
    const draft = freshStore().allocate(Uint8Array, 5);
    draft.seal();
    draft.seal();
  },
  DRAFT_BUSY: () => {
    const draft = freshStore().allocate(Uint8Array, 5);
    draft.view.buffer.transfer();
    draft.seal();
  },
  FREED: () => {
    const store = freshStore();
    const ref = store.put(1);
    store.free(ref);
    store.peek(ref);
  },
  LOST: () => {
    const text = freshStore().put(1).toString();
    freshStore().peek(plasmid.ObjectRef.parse(text));
  },
  STORE_FULL: () => freshStore({ capacity: "1MiB", fullTimeoutMs: 5 }).allocate(Uint8Array, 2 ** 21),
  TABLE_FULL: () => {
    const store = freshStore({ maxObjects: 16, fullTimeoutMs: 5 });
    Array.from({ length: 20 }, (_, i) => store.put(i, { pin: true }));
  },
  CLIENTS_FULL: async () => {
    const store = freshStore({ maxClients: 1 });
    const child = startProcess(
      ({ plasmid, say }, name, directory) => {
        try {
          plasmid.Store.open(name, { directory, mustExist: true });
        } catch (error) {
          say(String((error as { code: unknown }).code));
        }
      },
      store.name,
      directory,
    );
    expect(await child.line()).toBe("ERR_PLASMID_CLIENTS_FULL");
    throw failure(Code.CLIENTS_FULL);
  },
  LOCK_TIMEOUT: async () => {
    const store = freshStore({ lockTimeoutMs: 50 });
    const child = startProcess(
      ({ Segment, say }, name, directory) => {
        const settings = { capacity: 0, maxObjects: 0, maxClients: 0, lockTimeoutMs: 0, flags: 0 };
        const segment = Segment.open(directory, name, settings);
        say("holding");
        segment.core.plasmid_test_hold_lock(segment.at, 5000);
      },
      store.name,
      directory,
    );
    await child.line();
    await Bun.sleep(20);
    store.put(1);
  },
  BAD_SEGMENT: () => {
    const name = freshName();
    freshStore().close();
    writeFileSync(fileOf(name), "no store at all", { mode: 0o600 });
    try {
      freshStore({}, name);
    } finally {
      rmSync(fileOf(name));
    }
  },
  VERSION: () => {
    const store = freshStore({ capacity: "1MiB" });
    store.close();
    const file = fileOf(store.name);
    overwrite(file, VERSION_AT, readFileSync(file)[VERSION_AT]! + 1);
    try {
      freshStore({ capacity: "1MiB" }, store.name);
    } finally {
      rmSync(file);
    }
  },
  DESTROYED: () => {
    const store = freshStore();
    Store.destroy(store.name, { directory });
    store.put(1);
  },
  CLOSED: () => {
    const store = freshStore();
    store.close();
    store.put(1);
  },
  PLATFORM: () => hostTarget("plan9", "x64"),
  NO_SPACE: () => freshStore({ capacity: "100GiB" }),
  SYSTEM: () => Store.open("x", { directory: "/dev/null/no/folder", capacity: "1MiB" }),
  CAPACITY: () => freshStore({ capacity: "2MiB" }, freshStore({ capacity: "1MiB" }).name),
  NO_STORE: () => Store.destroy("never made", { directory }),
  BAD_NAME: () => freshStore().put(1, { name: "../up" }),
  CORRUPT: () => {
    const store = freshStore({ capacity: "1MiB" });
    store.put("x".repeat(1000), { pin: true });
    const file = fileOf(store.name);
    overwrite(file, wordAt(file, ENTRIES_AT_AT) + ENTRY_BYTES + ENTRY_GRANULES_AT, 200);
    store.check();
  },
  SPILL: () => freshStore({ spill: "/dev/null/no/folder" }),
  SPILL_OPTIONS: () => freshStore({ capacity: undefined, spill: "/tmp" }, freshStore().name),
  SUBSCRIPTIONS_FULL: () => {
    const store = freshStore();
    const open = Array.from({ length: 1024 }, () => store.subscribe());
    expect(store.stats().subscribers).toBe(open.length);
    open.push(store.subscribe());
  },
  NOT_PINNED: () => {
    const store = freshStore();
    store.unpin(store.put(1));
  },
  NOT_DRAFT: () => {
    const draft = freshStore().allocate(Uint8Array, 5);
    draft.abort();
    draft.seal();
  },
};

/** Not to be met from a test: Bun does not survive a fork without exec, nor running out of memory. */
const UNREACHABLE = ["FORKED", "NO_MEMORY"];

for (const [name, code] of Object.entries(Code)) {
  if (name === "LARGE" || name === "SPILLED" || name === "SPILL_LIMIT" || name === "NO_VIEW") continue;
  const Class = failure(code).constructor as new () => plasmid.StoreError;

  test(`ERR_PLASMID_${name} is ${Class.name}`, async () => {
    const made = failure(code, { store: "s", object: '"o"' });
    expect(made.code).toBe(`ERR_PLASMID_${name}`);
    expect(made.name).toBe(Class.name);
    expect(made).toBeInstanceOf(plasmid.StoreError);
    expect(made.message).toContain('object "o" in store "s"');
    expect((plasmid as Record<string, unknown>)[Class.name]).toBe(Class);
    if (UNREACHABLE.includes(name)) return;
    let error: unknown;
    try {
      await provoke[name as keyof typeof Code]!();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(Class);
    expect((error as plasmid.StoreError).code).toBe(`ERR_PLASMID_${name}`);
    expect((error as plasmid.StoreError).message.length).toBeGreaterThan(15);
  });
}

test("every class of error has a code of its own", () => {
  const classes = Object.values(plasmid).filter(
    value => typeof value === "function" && value.prototype instanceof plasmid.StoreError,
  );
  const made = new Set(Object.values(Code).map(code => failure(code).constructor));
  expect(classes.filter(one => !made.has(one as never))).toEqual([]);
});

test("a message says what, where, and what to do", () => {
  const store = freshStore();
  store.put(1, { name: "model/v7" });
  expect(() => store.put(2, { name: "model/v7" })).toThrow(
    `(object "model/v7" in store "${store.name}"): pass { replace: true } to rebind it, or free what is there`,
  );
  expect(withSegment(store.name, segment => segment.failure(Code.LOST).store)).toBe(store.name);
});
