/**
 * How long after a seal in this process a get in another one has the value: on the event loop against a message of Bun's IPC, blocking
 * against a read from a FIFO. What is sent is the time of sending; each comes 1 to 3 ms after the one before, when the other side sleeps.
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

const COUNT = times(1_000);
const WARM_UP = times(200);
const ROUNDS = 3;
const store = newStore({ capacity: "16MiB" });

type Send = (i: number) => void;

/** Sends to a partner that has said it is ready; gives how late things came, sorted, without those that warmed up. */
async function lateness(partner: Partner, send: Send): Promise<number[]> {
  for (let i = 0; i < WARM_UP + COUNT; i++) {
    await Bun.sleep(1 + 2 * Math.random());
    send(i);
  }
  return (await partner.hear<number[]>()).slice(WARM_UP);
}

async function throughStore(how: "get" | "getSync"): Promise<number[]> {
  await using partner = new Partner("waker", [how, store.name, String(WARM_UP + COUNT)]);
  await partner.hear();
  const late = await lateness(partner, i => {
    const draft = store.allocateUnsafe(Float64Array, 1, { name: wakeName(how, i), replace: true });
    draft.view[0] = nowNs();
    draft.seal();
  });
  for (let i = 0; i < WARM_UP + COUNT; i++) store.free(wakeName(how, i));
  return late;
}

async function throughIpc(): Promise<number[]> {
  await using partner = new Partner("waker", ["ipc", "-", String(WARM_UP + COUNT)], { ipc: true });
  await partner.hear();
  return await lateness(partner, () => partner.send(nowNs()));
}

async function throughFifo(): Promise<number[]> {
  const path = join(folder, "fifo");
  Bun.spawnSync(["mkfifo", path]);
  await using partner = new Partner("waker", ["fifo", path, String(WARM_UP + COUNT)]);
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

const late: Record<"get" | "getSync" | "ipc" | "fifo", number[]> = { get: [], getSync: [], ipc: [], fifo: [] };
for (let round = 0; round < ROUNDS; round++) {
  late.get.push(...(await throughStore("get")));
  late.ipc.push(...(await throughIpc()));
  late.getSync.push(...(await throughStore("getSync")));
  late.fifo.push(...(await throughFifo()));
}
endStore(store);

function judge(what: string, us: number[], peer: string, peerUs: number[], goalUs: number): void {
  const measured = sampleOf(us);
  const beside = sampleOf(peerUs);
  const latencies = new Histogram();
  for (const value of us) latencies.record(value * 1e3);
  const at = (q: number) => timeText(latencies.quantile(q));
  report({
    what,
    unit: "µs",
    measured,
    limit: { what: peer, measured: beside },
    ratio: { ...sampleOf([measured.median / beside.median]), count: 1 },
    goal: `median under ${goalUs} µs`,
    reached: measured.median < goalUs,
    note: `p99 ${at(0.99)}, p99.9 ${at(0.999)}, max ${timeText(latencies.max)}`,
    latencies: latencies.toJSON(),
  });
}
judge("seal to get in another process, event loop", late.get, "a message of Bun's IPC", late.ipc, 60);
judge("seal to getSync in another process", late.getSync, "a read from a FIFO", late.fifo, 15);
