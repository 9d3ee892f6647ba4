/**
 * Waits, again and again, for what its bench sends: `args` are how, the store, and how often. Says how long after it was sent each thing
 * was there, in µs. How: `get` and `getSync` from the store, `ipc` messages of Bun, `fifo` bytes from the path in place of the store.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { sameStore } from "../../run/bench.ts";
import { nowNs } from "../../run/limits.ts";
import { answer } from "../../run/partner.ts";
import { wakeName } from "./wake-name.ts";

const [how, place, times] = process.argv.slice(2) as ["get" | "getSync" | "ipc" | "fifo", string, string];
const count = Number(times);
const late: number[] = [];
const note = (sentNs: number) => late.push((nowNs() - sentNs) / 1e3);

const ways = {
  async get() {
    using store = sameStore(place);
    answer("ready");
    for (let i = 0; i < count; i++) note((await store.get<Float64Array>(wakeName(how, i)))[0]!);
  },
  getSync() {
    using store = sameStore(place);
    answer("ready");
    for (let i = 0; i < count; i++) note(store.getSync<Float64Array>(wakeName(how, i))[0]!);
  },
  async ipc() {
    const { promise, resolve } = Promise.withResolvers<void>();
    process.on("message", sentNs => {
      note(sentNs as number);
      if (late.length === count) resolve();
    });
    answer("ready");
    await promise;
    process.disconnect?.();
  },
  fifo() {
    answer("ready");
    const fd = openSync(place, "r");
    const sent = new Float64Array(1);
    const bytes = new Uint8Array(sent.buffer);
    for (let i = 0; i < count; i++) {
      readSync(fd, bytes);
      note(sent[0]!);
    }
    closeSync(fd);
  },
};
await ways[how]();
answer(late);
