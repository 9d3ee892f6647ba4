/** Where the time goes in one put and one get: the same call cut short after each step, in the same rounds; the loop's own is taken off. */

import { type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { randomUUID } from "node:crypto";
import { do_not_optimize } from "mitata";
import { Decoder, Encoder } from "../../src/codec/index.ts";
import { Store } from "../../src/index.ts";
import { Segment } from "../../src/native/segment.ts";
import { openSettings } from "../../src/store/options.ts";
import { folder } from "../run/bench.ts";
import { nothing } from "../run/limits.ts";
import { inRounds } from "../run/rounds.ts";
import { report } from "../run/row.ts";
import { figure } from "../stats/figure.ts";
import { exactly, sampleOf } from "../stats/sample.ts";

const VALUE = { id: 7, b: "xyz" };
const options = { capacity: "16MiB" };
const name = `bench-${randomUUID()}`;
const store = Store.open(name, { directory: folder, ...options });
// The same store once more, for calls of the core without what stands above it.
const { core, at, data } = Segment.open(folder, name, openSettings(options));
const ref = store.put(VALUE, { pin: true });

const encoder = new Encoder();
const decoder = new Decoder();
const bytes = encoder.encode(VALUE);
const viewOf = toArrayBuffer as (at: Pointer, offset: number, bytes: number) => ArrayBuffer;
const room = new Uint8Array(8);
const roomAt = ptr(room);
const zeroBytes = encoder.encodeInto(0, data);
// Until it evicts: from here on each put takes another's place.
while (store.stats().evictedTotal === 0) for (let i = 0; i < 10_000; i++) store.put(0);

const each =
  <T>(call: () => T) =>
  (count: number) => {
    for (let i = 0; i < count; i++) do_not_optimize(call());
  };
const ns = await inRounds({
  loop: each(() => 0),
  call: each(() => nothing(1, 2, 3, 4)),
  peekCore: each(() => core.plasmid_peek(at, ref.slot, ref.a, ref.b, ref.c, ref.d)),
  decode: each(() => decoder.decode(bytes)),
  peek: each(() => store.peek(ref)),
  encode: each(() => encoder.encodeInto(0, data)),
  putCore: each(() => {
    encoder.encodeInto(0, data);
    core.plasmid_forget(at, core.plasmid_put_small(at, zeroBytes));
  }),
  buffer: each(() => viewOf(roomAt, 0, 1)),
  put: each(() => store.put(0)),
});
store.close();
Store.destroy(name, { directory: folder });

const loop = sampleOf(ns.loop).median;
const median = (key: keyof typeof ns) => Math.max(0, sampleOf(ns[key]).median - loop);
const rest = (whole: number, ...parts: number[]) =>
  Math.max(
    0,
    parts.reduce((left, part) => left - part, whole),
  );

function tell(whole: string, total: number, steps: Record<string, number>): void {
  for (const [step, value] of Object.entries(steps)) {
    report({
      what: `${whole}: ${step}`,
      unit: "ns",
      measured: exactly(value),
      note: `${figure((100 * value) / total)}% of it`,
    });
  }
  report({ what: whole, unit: "ns", measured: exactly(total) });
}

report({ what: "the loop around each, taken off", unit: "ns", measured: exactly(loop) });
const found = rest(median("peekCore"), median("call"));
tell("one get (peek of 10 bytes)", median("peek"), {
  "the call into C": median("call"),
  "find, copy out, check again": found,
  decode: median("decode"),
  "the rest: checks, exchange": rest(median("peek"), median("call"), found, median("decode")),
});
const taken = rest(median("putCore"), median("encode"), 2 * median("call"));
tell("one put (put(0), its ref dropped)", median("put"), {
  encode: median("encode"),
  "the call into C": median("call"),
  "entry, copy, seal, name's place, eviction; ending the ref": taken,
  "an ArrayBuffer for the ref": median("buffer"),
  "the rest: the ref itself, the collector": rest(
    median("put"),
    median("encode"),
    median("call"),
    taken,
    median("buffer"),
  ),
});
