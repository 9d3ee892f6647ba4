/**
 * How long after a seal in this process a get in another one has the value: on the event loop against a message of Bun's IPC, blocking
 * against a read from a FIFO. What is sent is the time of sending; each comes 1 to 3 ms after the one before, when the other side sleeps:
 * some while nothing is compiled yet, and after many in quick succession the rest.
 */
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { endStore, folder, newStore, times } from "../run/bench.ts";
import { nowNs } from "../run/limits.ts";
import { Partner } from "../run/partner.ts";
import { report } from "../run/row.ts";
import { timeText } from "../stats/figure.ts";
import { Histogram } from "../stats/histogram.ts";
import { sampleOf } from "../stats/sample.ts";
import { wakeName } from "./partners/wake-name.ts";

const COLD = times(200);
/** In quick succession, until what runs on both sides is compiled. */
const WARM_UP = times(4_000, 2_000);
const WARM_UP_EVERY_NS = 150_000;
const WARM = times(1_000);
const COUNT = COLD + WARM_UP + WARM;
const ROUNDS = 3;
const store = newStore({ capacity: "16MiB" });

type Send = (i: number) => void;

interface Lateness {
  cold: number[];
  warm: number[];
}

/** Sends to a partner that has said it is ready; gives how late things came, in µs. */
async function lateness(partner: Partner, send: Send): Promise<Lateness> {
  for (let i = 0; i < COUNT; i++) {
    if (i < COLD || i >= COLD + WARM_UP) await Bun.sleep(1 + 2 * Math.random());
    else for (const next = nowNs() + WARM_UP_EVERY_NS; nowNs() < next; ) await new Promise(setImmediate);
    send(i);
  }
  const late = await partner.hear<number[]>();
  return { cold: late.slice(0, COLD), warm: late.slice(-WARM) };
}

async function throughStore(how: "get" | "getSync"): Promise<Lateness> {
  await using partner = new Partner("waker", [how, store.name, String(COUNT)]);
  await partner.hear();
  const late = await lateness(partner, i => {
    const draft = store.allocateUnsafe(Float64Array, 1, { name: wakeName(how, i), replace: true });
    draft.view[0] = nowNs();
    draft.seal();
  });
  for (let i = 0; i < COUNT; i++) store.free(wakeName(how, i));
  return late;
}

async function throughIpc(): Promise<Lateness> {
  await using partner = new Partner("waker", ["ipc", "-", String(COUNT)], { ipc: true });
  await partner.hear();
  return await lateness(partner, () => partner.send(nowNs()));
}

async function throughFifo(): Promise<Lateness> {
  const path = join(folder, "fifo");
  Bun.spawnSync(["mkfifo", path]);
  await using partner = new Partner("waker", ["fifo", path, String(COUNT)]);
  await partner.hear();
  const fd = openSync(path, "w");
  const sent = new Float64Array(1);
  const bytes = new Uint8Array(sent.buffer);
  const late = await lateness(partner, () => {
    sent[0] = nowNs();
    writeSync(fd, bytes);
  });
  closeSync(fd);
  rmSync(path);
  return late;
}

const late: Record<"get" | "getSync" | "ipc" | "fifo", Lateness> = {
  get: { cold: [], warm: [] },
  getSync: { cold: [], warm: [] },
  ipc: { cold: [], warm: [] },
  fifo: { cold: [], warm: [] },
};
const ways = {
  get: () => throughStore("get"),
  ipc: throughIpc,
  getSync: () => throughStore("getSync"),
  fifo: throughFifo,
};
for (let round = 0; round < ROUNDS; round++) {
  for (const way of ["get", "ipc", "getSync", "fifo"] as const) {
    const { cold, warm } = await ways[way]();
    late[way].cold.push(...cold);
    late[way].warm.push(...warm);
  }
}
endStore(store);

function judge(what: string, ours: Lateness, peer: string, peers: Lateness, goalUs: number): void {
  const measured = sampleOf(ours.warm);
  const beside = sampleOf(peers.warm);
  const cold = [ours, peers].map(way => timeText(sampleOf(way.cold).median * 1e3));
  const latencies = new Histogram();
  for (const value of ours.warm) latencies.record(value * 1e3);
  const at = (q: number) => timeText(latencies.quantile(q));
  report({
    what,
    unit: "µs",
    measured,
    limit: { what: peer, measured: beside },
    ratio: { ...sampleOf([beside.median / measured.median]), count: 1 },
    goal: `median under ${goalUs} µs`,
    reached: measured.median < goalUs,
    note: `not compiled yet ${cold.join(" to ")}; p99 ${at(0.99)}, p99.9 ${at(0.999)}, max ${timeText(latencies.max)}`,
    latencies: latencies.toJSON(),
  });
}
judge("seal to get in another process, event loop", late.get, "a message of Bun's IPC", late.ipc, 60);
judge("seal to getSync in another process", late.getSync, "a read from a FIFO", late.fifo, 15);
