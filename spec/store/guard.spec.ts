import { dlopen, ptr } from "bun:ffi";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { randomFillSync } from "node:crypto";
import { openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ObjectRef, OutOfMemoryError, type Store } from "../../src/index.ts";
import { cleanUpAfterEach, collected, directory, freshStore, sameStore, scaled } from "./fresh.ts";
import { startProcess, startWorker } from "./process.ts";
import { removeFoldersAfterEach, spillFolder } from "./spill-folder.ts";

cleanUpAfterEach();
removeFoldersAfterEach();

const COUNT = 20_000; // 80,000 bytes: 20 pages
const LIBC = readFileSync("/proc/self/maps", "utf8").match(/\S*(libc\.so\S*|ld-musl\S*)$/m)![0];
const libc = dlopen(LIBC, { memset: { args: ["ptr", "i32", "u64"], returns: "ptr" } }).symbols;

const warnings: string[] = [];
const listen = (warning: Error) => warnings.push(warning.message);
beforeEach(() => {
  warnings.length = 0;
  process.on("warning", listen);
});
afterEach(() => {
  process.removeListener("warning", listen);
});

/** How many mappings of this process show pages of the store that are its own; what the collector gave back has ended. */
function ownMappings(store: Store): number {
  store.stats();
  const { ino } = statSync(`${directory}/${encodeURIComponent(store.name)}.plasmid`);
  const lines = readFileSync("/proc/self/maps", "utf8").split("\n");
  return lines.filter(line => line.includes(` ${ino} `) && line.includes(" rw-p ")).length;
}

/** What another process sees of the objects: a hash of each. */
async function seenElsewhere(store: Store, ...names: string[]): Promise<string[]> {
  const child = startProcess(
    ({ plasmid, say }, name: string, folder: string, objects: string[]) => {
      using there = plasmid.Store.open(name, { directory: folder, mustExist: true });
      say(objects.map(object => String(Bun.hash(there.peek(object) as Uint8Array))));
    },
    store.name,
    directory,
    names,
  );
  const hashes = await child.json<string[]>();
  await child.exited;
  return hashes;
}

/** Runs a program in another process: what it printed, and how it ended. */
async function ran(code: string) {
  const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  return { out, err, end: child.signalCode ?? child.exitCode };
}

const opened = (name: string, options = "") => `
  const { Store } = await import(${JSON.stringify(join(import.meta.dir, "..", "..", "src", "index.ts"))});
  const store = Store.open(${JSON.stringify(name)}, { directory: ${JSON.stringify(directory)}, mustExist: true ${options} });`;

function hot(view: Int32Array): void {
  for (let i = 0; i < view.length; i++) view[i] = view[i]! * 3 + i;
}
for (let i = 0; i < 200; i++) hot(new Int32Array(5_000));

/** Where the first page border within the view lies, in bytes from its begin. */
function border(view: Int32Array): number {
  return 4096 - (ptr(view) % 4096);
}

const ways: Record<string, (view: Int32Array) => void> = {
  "code that runs once": view => new Function("view", "view[7] = 8;")(view),
  "hot code": hot,
  "TypedArray.set": view => view.set([1, 2, 3], 500),
  sort: view => view.sort(),
  reverse: view => view.reverse(),
  fill: view => view.fill(9),
  copyWithin: view => view.copyWithin(100, 5_000, 9_000),
  "Atomics.add": view => Atomics.add(view, 3, 4),
  "Atomics.compareExchange": view => Atomics.compareExchange(view, 11, view[11]!, 77),
  "a DataView": view => new DataView(view.buffer, view.byteOffset).setFloat64(40, Math.PI),
  "a page border": view => new DataView(view.buffer, view.byteOffset).setFloat64(border(view) - 3, Math.E),
  "the last element": view => {
    view[view.length - 1] = 5;
  },
  "a Buffer": view => void Buffer.from(view.buffer, view.byteOffset, 400).write("written", 9),
  "native code": view => void libc.memset(ptr(view), 0x11, BigInt(view.byteLength)),
};

for (const [way, write] of Object.entries(ways)) {
  test(`written to by ${way}: the writer sees it, nobody else does`, async () => {
    const store = freshStore();
    const sealed = Int32Array.from({ length: COUNT }, (_, i) => (i * 7919) % 10_007);
    store.put(sealed, { name: "rows", pin: true });
    const rows = store.peek("rows") as Int32Array;
    const mine = sealed.slice();
    write(rows);
    // The border lies elsewhere in a copy: only what was written there is to be compared.
    if (way === "a page border")
      expect(new DataView(rows.buffer, rows.byteOffset).getFloat64(border(rows) - 3)).toBe(Math.E);
    else {
      write(mine);
      expect(rows).toEqual(mine);
    }
    expect(store.peek("rows")).toEqual(sealed);
    expect(store.lease("rows").value).toEqual(sealed);
    expect(await seenElsewhere(store, "rows")).toEqual([String(Bun.hash(sealed))]);
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toContain('"rows"');
    expect(warnings[0]).toContain(".slice()");
    store.check();
  });
}

test("random bytes, by a native call", () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(100_000));
  const view = store.peek(ref)!;
  randomFillSync(view);
  expect(view.some(byte => byte !== 0)).toBe(true);
  expect(store.peek(ref)!.every(byte => byte === 0)).toBe(true);
});

test("a system call fails with EFAULT until the pages are the process's own", () => {
  const store = freshStore();
  const view = store.peek(store.put(new Uint8Array(100_000)))!;
  const file = openSync("/dev/zero", "r");
  expect(() => readSync(file, view, 0, 10, 0)).toThrow("EFAULT");
  view[50] = 1;
  expect(readSync(file, view, 0, 100, 0)).toBe(100);
  expect(view[50]).toBe(0);
});

test("each get after a write shows the sealed bytes, whatever is written to the ones before", async () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(100_000).fill(1));
  const views: Uint8Array[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const view = store.peek(ref)!;
    expect(view[turn]).toBe(1);
    expect(view[99_999]).toBe(1);
    view[turn] = 2;
    view[99_999] = turn;
    views.push(view);
  }
  views.forEach((view, turn) => {
    expect([view[turn], view[turn + 1], view[99_999]]).toEqual([2, 1, turn]);
  });
  expect(ownMappings(store)).toBe(20);
  await Bun.sleep(0);
  expect(warnings.length).toBe(1);
  views.length = 0;
  expect(await collected(() => ownMappings(store) === 0)).toBe(true);
  expect(store.peek(ref)![0]).toBe(1);
  store.check();
});

test("one get after another, and nothing was written: they share what they show", () => {
  const store = freshStore();
  const one = store.put(new Uint8Array(100_000));
  const two = store.put(new Uint8Array(100_000));
  const written = store.peek(one)!;
  const clean = store.peek(two)!;
  written[0] = 1;
  expect(store.peek(two)!.buffer === clean.buffer).toBe(false);
  for (const ref of [one, two]) {
    const [a, b] = [store.peek(ref)!, store.peek(ref)!];
    expect(a.buffer === b.buffer).toBe(true);
  }
  expect(ptr(store.peek(two)!)).toBe(ptr(clean));
});

test("tens of thousands of pages are one mapping, and memory returns with the last view", async () => {
  const store = freshStore({ capacity: "160MiB" });
  const bytes = 48 << 20;
  const draft = store.allocateUnsafe(Uint8Array, bytes, { name: "large" });
  draft.view.fill(3);
  const ref = draft.seal();
  const pages = bytes / 4096;
  const rss = () => Number(readFileSync("/proc/self/status", "utf8").match(/RssAnon:\s+(\d+)/)![1]);
  let view: Uint8Array | undefined = store.peek(ref)!;
  const before = rss();
  // In an order that jumps about.
  for (let i = 0; i < pages; i++) view[((i * 7919) % pages) * 4096] = i & 127;
  expect(ownMappings(store)).toBe(1);
  expect(rss() - before).toBeGreaterThan((bytes / 1024) * 0.9);
  let wrong = 0;
  for (let i = 0; i < pages; i++) {
    const at = ((i * 7919) % pages) * 4096;
    if (view[at] !== (i & 127) || view[at + 1] !== 3) wrong++;
  }
  expect(wrong).toBe(0);
  expect(store.peek(ref)!.every(byte => byte === 3)).toBe(true);
  view = undefined;
  expect(await collected(() => ownMappings(store) === 0)).toBe(true);
  expect(rss() - before).toBeLessThan((bytes / 1024) * 0.3);
});

test("thousands of objects, a page of each", async () => {
  const store = freshStore({ capacity: "160MiB" });
  const refs = Array.from({ length: 3_000 }, (_, i) => store.put(new Uint8Array(40_000).fill(i & 127)));
  let views = refs.map(ref => store.peek(ref)!);
  views.forEach((view, i) => {
    view[i] = 200;
  });
  expect(views.every((view, i) => view[i] === 200)).toBe(true);
  expect(refs.every((ref, i) => store.peek(ref)![i] === (i & 127))).toBe(true);
  views = [];
  // One or the other may look alive to a collector that reads the stack.
  expect(await collected(() => ownMappings(store) < 30)).toBe(true);
  store.check();
});

/** As many views on one object as that, each written to; whether each had the sealed bytes before, and has what was written. */
function written(store: Store, ref: ObjectRef<Uint8Array>, count: number) {
  const sealed = store.peek(ref)!.slice();
  const views: Uint8Array[] = [];
  let good = 0;
  for (let i = 0; i < count; i++) {
    const view = store.peek(ref)!;
    if (view[7] === sealed[7] && view.at(-1) === sealed.at(-1)) good++;
    view[7] = 100 + (i % 100);
    views.push(view);
  }
  if (views.every((view, i) => view[7] === 100 + (i % 100))) good++;
  return { views, good: good === count + 1 };
}

test("where views that are garbage take all the place there is, a get collects them", async () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(40_000).fill(1));
  expect(written(store, ref, 3_500).good).toBe(true);
  await Bun.sleep(0); // no frame of it on the stack
  expect(written(store, ref, 700).good).toBe(true);
  expect(ownMappings(store)).toBeLessThan(3_600);
  expect(await collected(() => ownMappings(store) < 30)).toBe(true);
  store.check();
}, 60_000);

test("where views that are in use take it, a get is a copy, and other stores open", async () => {
  const store = freshStore({ capacity: "64MiB" });
  const ref = store.put(new Uint8Array(40_000).fill(1), { name: "held" });
  const rows = store.put({ a: new Float64Array(9_000).fill(2), ref, b: new Float64Array(9_000).fill(3) });
  const clean = store.peek(rows)! as { a: Float64Array };
  let held: Uint8Array[] | undefined;
  const { views, good } = written(store, ref, 4_200);
  held = views;
  expect(good).toBe(true);
  store.getSync(ref)[7] = 2;
  expect([(await store.get(ref))[7], (store.peek("held") as Uint8Array)[7], store.lease(ref).value[7]]).toEqual([
    1, 1, 1,
  ]);
  // Another object, with a ref in it: in place first, and then beside it.
  clean.a[0] = 5;
  const copied = store.peek(rows)!;
  expect([copied.a[0], copied.b[8_999], store.peek(copied.ref)![7]]).toEqual([2, 3, 1]);
  expect(freshStore().peek("nothing")).toBeUndefined();
  expect(held.length).toBe(4_200);
  held = undefined;
  views.length = 0;
  expect(await collected(() => ownMappings(store) < 30)).toBe(true);
  store.check();
}, 60_000);

test("an object larger than the store is got, and drafted, where views take all the place there is", async () => {
  const store = freshStore({ capacity: "1MiB", spill: spillFolder() });
  const ref = store.put(new Uint8Array(40_000).fill(1));
  const large = store.put(new Uint8Array(3 << 20).fill(7));
  const draft = () => store.allocate(Uint8Array, 3 << 20);
  const { views, good } = written(store, ref, 3_700);
  expect(good).toBe(true);
  const one = await store.get(large);
  const two = store.peek(large)!;
  one[5] = two[6] = 1;
  expect([one[6], two[5], store.getSync(large)[5], (await store.get(large)).at(-1)]).toEqual([7, 7, 7, 7]);
  expect(draft).toThrow(OutOfMemoryError);
  expect(views.length).toBe(3_700);
  views.length = 0;
  await Bun.sleep(0);
  using made = draft();
  expect(made.view.length).toBe(3 << 20);
  store.check();
}, 60_000);

test("ten thousand times got, written to and let go of: memory returns", () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(40_000).fill(1));
  const mappings = () => readFileSync("/proc/self/maps", "utf8").split("\n").length;
  const cycle = () => {
    using one = store.lease(ref);
    using two = store.lease(ref);
    one.value[7] = 2;
    two.value[7] = 3;
    using three = store.lease(ref);
    return three.value[7] === 1 && one.value[8] === 1;
  };
  expect(cycle()).toBe(true);
  const before = mappings();
  let good = 0;
  for (let i = 0; i < scaled(10_000); i++) if (cycle()) good++;
  expect(good).toBe(scaled(10_000));
  expect(ownMappings(store)).toBe(0);
  expect(Math.abs(mappings() - before)).toBeLessThan(100); // the runtime's own come and go
  expect(store.stats()).toMatchObject({ leases: 0 });
  store.check();
}, 60_000);

test("Atomics do not wait on a view, and wake nobody", () => {
  const store = freshStore();
  const ref = store.put(new Int32Array(COUNT).fill(6));
  const view = store.peek(ref)!;
  expect(() => Atomics.wait(view, 0, 6, 1)).toThrow(TypeError);
  expect(Atomics.notify(view, 0)).toBe(0);
  expect(store.peek(ref)!.buffer).toBe(view.buffer);
  expect(warnings).toEqual([]);
});

for (const [where, step] of [
  ["the same pages", 1],
  ["pages of its own", 1_024],
] as const) {
  test(`views that were given to Workers, which write to ${where} at the same time`, async () => {
    const store = freshStore();
    const ref = store.put(new Int32Array(COUNT).fill(4), { name: "given" });
    // Opens no store: the pages are the process's own all the same. Each writes to every other step.
    const workers = [0, 1].map(self =>
      startWorker(
        async ({ say, hear }, self: number, step: number) => {
          const [view, gate] = (await hear()) as unknown as [Int32Array, Int32Array];
          Atomics.add(gate, 0, 1);
          while (Atomics.load(gate, 0) < 2);
          for (let i = 0; i < view.length; i++) if (Math.floor(i / step) % 2 === self) view[i] = 10 + self;
          say(view.every((value, i) => value === (Math.floor(i / step) % 2 === self ? 10 + self : value)));
          await hear();
        },
        self,
        step,
      ),
    );
    const gate = new Int32Array(new SharedArrayBuffer(4));
    for (const worker of workers) {
      const { value } = store.lease(ref);
      worker.send([value, gate], [value.buffer]);
    }
    for (const worker of workers) expect(await worker.next<boolean>()).toBe(true);
    expect(store.peek(ref)!.every(value => value === 4)).toBe(true);
    expect(await seenElsewhere(store, "given")).toEqual([String(Bun.hash(new Int32Array(COUNT).fill(4)))]);
    for (const worker of workers) await worker.end();
    expect(await collected(() => ownMappings(store) === 0)).toBe(true);
    expect(warnings.length).toBe(1);
    store.check();
  });
}

test("two threads at once lose no write", async () => {
  const store = freshStore();
  const objects = 60;
  const refs = Array.from({ length: objects }, (_, i) => store.put(new Int32Array(COUNT), { name: `o${i}` }));
  const worker = startWorker(
    async ({ plasmid, say, hear }, name: string, folder: string, count: number) => {
      using there = plasmid.Store.open(name, { directory: folder, mustExist: true });
      const views = Array.from({ length: count }, (_, i) => there.peek(`o${i}`) as Int32Array);
      const gate = (await hear()) as unknown as Int32Array;
      for (let o = 0; o < count; o++) {
        Atomics.add(gate, 0, 1);
        while (Atomics.load(gate, 0) < 2 * (o + 1));
        for (let i = 1; i < views[o]!.length; i += 2) views[o]![i] = i;
      }
      say(views.every(view => view.every((value, i) => value === i)));
      await hear();
    },
    store.name,
    directory,
    objects,
  );
  const views = refs.map(ref => store.peek(ref)!);
  const gate = new Int32Array(new SharedArrayBuffer(4));
  worker.send(gate);
  for (let o = 0; o < objects; o++) {
    Atomics.add(gate, 0, 1);
    while (Atomics.load(gate, 0) < 2 * (o + 1));
    for (let i = 0; i < COUNT; i += 2) views[o]![i] = i;
  }
  expect(await worker.next<boolean>()).toBe(true);
  expect(views.every(view => view.every((value, i) => value === i))).toBe(true);
  expect(refs.every(ref => store.peek(ref)!.every(value => value === 0))).toBe(true);
  await worker.end();
});

test("a Worker writes to its own views", async () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(50_000).fill(4), { name: "theirs" });
  const worker = startWorker(
    ({ plasmid, say }, name: string, folder: string) => {
      using there = plasmid.Store.open(name, { directory: folder, mustExist: true });
      const view = there.peek("theirs") as Uint8Array;
      view.fill(5);
      say([view[0], (there.peek("theirs") as Uint8Array)[0]]);
    },
    store.name,
    directory,
  );
  expect(await worker.next<number[]>()).toEqual([5, 4]);
  expect(store.peek(ref)![0]).toBe(4);
  await worker.end();
});

test("what is written over after free is another object's, and read as such", async () => {
  const store = freshStore({ capacity: "1MiB" });
  let old: ObjectRef<Uint8Array> | undefined = store.put(new Uint8Array(600_000).fill(1));
  let view: Uint8Array | undefined = store.peek(old)!;
  view.fill(2);
  store.free(old);
  old = undefined;
  expect(() => store.put(new Uint8Array(600_000))).toThrow();
  expect(view[5]).toBe(2);
  view = undefined;
  expect(await collected(() => store.stats().leases === 0)).toBe(true);
  const child = startProcess(
    ({ plasmid, say }, name: string, folder: string) => {
      using there = plasmid.Store.open(name, { directory: folder, mustExist: true });
      there.put(new Uint8Array(600_000).fill(3), { name: "new", pin: true });
      say("put");
    },
    store.name,
    directory,
  );
  await child.line();
  expect((store.peek("new") as Uint8Array).every(byte => byte === 3)).toBe(true);
  await child.exited;
});

test("a lease that ends takes its pages along", () => {
  const store = freshStore();
  const ref = store.put(new Uint8Array(50_000));
  {
    using lease = store.lease(ref);
    lease.value.fill(1);
    expect(ownMappings(store)).toBe(1);
  }
  expect(ownMappings(store)).toBe(0);
  expect(store.peek(ref)![0]).toBe(0);
  expect(store.stats().tokens).toBe(2);
});

test("what is copied out is the reader's own", async () => {
  const store = freshStore();
  const draft = store.allocate(Uint8Array, 1_000);
  const ref = draft.seal();
  const [one, two] = [store.peek(ref)!, store.lease(ref).value];
  one[0] = two[0] = 1;
  expect(store.peek(ref)![0]).toBe(0);
  await Bun.sleep(0);
  expect(warnings).toEqual([]);
});

test("the same for all Stores of the process: one warning", async () => {
  const store = freshStore();
  const second = sameStore(store);
  const ref = store.put(new Uint8Array(50_000), { name: "shared" });
  store.peek(ref)![0] = 1;
  second.peek("shared");
  store.peek(ref);
  await Bun.sleep(0);
  expect(warnings.length).toBe(1);
});

test("many objects written to at once: the first are named, the others counted", async () => {
  const store = freshStore();
  const refs = Array.from({ length: 100 }, () => store.put(new Uint8Array(40_000)));
  const views = refs.map(ref => store.peek(ref)!);
  for (const view of views) view[1] = view[2] = 1;
  for (const ref of refs) store.peek(ref);
  await Bun.sleep(0);
  const counts = warnings.map(text => Number(text.match(/^(\d+) more objects of the store/)?.[1] ?? 1));
  expect(counts).toEqual([...new Array(16).fill(1), 84]);
  expect(new Set(warnings).size).toBe(17);
  // From then on each has its own again, and who was told of is not told of again.
  warnings.length = 0;
  views[50]![3] = 1;
  store.peek(refs[50]!)![4] = 1;
  for (let i = 0; i < 40; i++) store.peek(store.put(new Uint8Array(40_000)))![5] = 1;
  expect(await collected(() => warnings.length >= 40)).toBe(true);
  expect(warnings.every(text => text.startsWith("the object "))).toBe(true);
  expect(new Set(warnings).size).toBe(40);
});

test("who makes no further call is warned with the loop's next turn", async () => {
  const store = freshStore();
  const view = store.peek(store.put(new Uint8Array(50_000)))!;
  view[0] = 1;
  expect(await collected(() => warnings.length === 1, 500)).toBe(true);
});

test("a program that ends at once is warned, too", async () => {
  const store = freshStore();
  store.put(new Float64Array(10_000).fill(7), { name: "rows", pin: true });
  const { out, err, end } = await ran(`${opened(store.name)}
    const rows = store.peek("rows");
    rows[5] = 1;
    console.log(rows[5]);
    process.exit(0);`);
  expect([out, end]).toEqual(["1\n", 0]);
  expect(err).toContain('"rows"');
});

test('readonly: "trap" ends the process and says which object; nobody else sees the write', async () => {
  const store = freshStore();
  const ref = store.put(new Float64Array(10_000).fill(7), { name: "rows" });
  const { out, err, end } = await ran(`${opened(store.name, ', readonly: "trap"')}
    const rows = store.peek("rows");
    const mine = rows.slice();
    mine[5] = 1;
    console.log(mine[5], rows[5]);
    rows[5] = 1;
    console.log("survived");`);
  expect(out).toBe("1 7\n");
  expect(end).not.toBe(0);
  expect(err).toContain('"rows"');
  expect(err).toContain(".slice()");
  expect(store.peek(ref)![5]).toBe(7);
  store.check();
});

const crash = `
  const { dlopen } = require("bun:ffi");
  dlopen(${JSON.stringify(LIBC)}, { memset: { args: ["u64", "i32", "u64"], returns: "u64" } }).symbols.memset(64n, 1, 8n);`;

test("a fault that is not ours ends the process as it would without a store", async () => {
  const store = freshStore();
  store.put(new Uint8Array(50_000), { name: "rows", pin: true });
  const without = await ran(crash);
  const beside = await ran(`${opened(store.name)} store.peek("rows")[3] = 1; ${crash}`);
  expect(beside.end).toBe(without.end);
  for (const { err } of [without, beside]) expect(err).toContain("Segmentation fault at address 0x40");
});

// (module (memory 1) (func (export "at") (param i32) (result i32) (i32.load (local.get 0))))
const wasm = `new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1,
  127, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 6, 1, 2, 97, 116, 0, 0, 10, 9, 1, 7, 0, 32, 0, 40, 2, 0, 11]))).exports.at`;
const outOfBounds = `try { at(-8); } catch (error) { console.log(error.constructor.name); }`;

for (const first of [true, false]) {
  test(`WebAssembly's own faults stay its own, made ${first ? "before" : "after"} the store is opened`, async () => {
    const store = freshStore();
    store.put(new Uint8Array(50_000), { name: "rows", pin: true });
    const make = `const at = ${wasm}; for (let i = 0; i < 100_000; i++) at(i & 1023); ${outOfBounds}`;
    const { out, err, end } = await ran(`${first ? make : ""} ${opened(store.name)} const rows = store.peek("rows");
      rows[3] = 1; ${first ? "" : make} ${outOfBounds} store.peek("rows")[4] = 5; console.log(rows[3], rows[4]);`);
    expect({ out, end, err: err.includes("panic") }).toEqual({
      out: "RuntimeError\nRuntimeError\n1 0\n",
      end: 0,
      err: false,
    });
  });
}
