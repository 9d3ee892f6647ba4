/**
 * The codec on one data set, beside each peer in turn: every pair in fresh processes of its own, as often as the spread asks for; in a quick
 * look, and beside peers that there are no goals for, in one, whose rounds lie less far apart than processes do.
 */
import { join } from "node:path";
import { COPIES, PEERS, TEXTS } from "../codec/contestants.ts";
import { DATA } from "../codec/data.ts";
import type { Outcome } from "../codec/duel.ts";
import { GOALS } from "../codec/goals.ts";
import { quick, times } from "../run/bench.ts";
import { report } from "../run/row.ts";
import { exactly, sampleOf } from "../stats/sample.ts";

const FOLDER = join(import.meta.dir, "..", "codec");
const PROCESSES = times(3, 1);
const QUICK = { PLASMID_PERF_QUICK: "1" };
const PLAIN = "plasmid";
const KEPT = "plasmid, into a kept buffer";
/** On the machine where pickle 5 takes 151 and 93. */
const OUT_OF_BAND_US = { encode: 12, decode: 15 };
const OUT_OF_BAND = "plasmid, out of band";

/** A peer that does nothing. */
const ALONE = "nobody";

const data = process.argv[2]!;
const { about, bytesAlone = false } = DATA[data]!;
for (const peer of Object.keys(PEERS)) {
  // A quick look is at those that there are goals for.
  if (!COPIES.includes(peer) && (!quick || peer in GOALS)) await compare(PLAIN, peer, GOALS[peer]?.[data]);
}
if (data === "d") {
  await compare(PLAIN, "copy, fresh", [0.9, 0.9]);
  await compare(KEPT, "copy, warm", [0.9]);
  await comparePickle();
}

async function compare(ours: string, peer: string, goals: readonly number[] = []): Promise<void> {
  const outcomes: Outcome[] = [];
  const briefly = !COPIES.includes(peer) && !(peer in GOALS);
  if (bytesAlone && TEXTS.includes(peer)) {
    const side = { what: `${peer} (not tried: texts)`, measured: exactly(Number.NaN) };
    report({ what: `${data}: ${about}`, unit: "µs", measured: exactly(Number.NaN), limit: side });
    return;
  }
  for (let i = 0; i < (briefly ? 1 : PROCESSES); i++) outcomes.push(await duel(ours, peer, briefly ? QUICK : {}));
  const [first] = outcomes as [Outcome];
  const what = `${data}: ${about}`;
  if (first.peer !== "right") {
    const side = { what: `${peer} (${first.peer})`, measured: exactly(Number.NaN) };
    report({ what, unit: "µs", measured: exactly(Number.NaN), limit: side });
    return;
  }
  for (const [side, way] of (["encode", "decode"] as const).entries()) {
    const pairs = outcomes.flatMap(({ [way]: [mine, theirs] = [[], []] }) =>
      mine.map((ns, i) => [ns, theirs[i]!] as const),
    );
    if (pairs.length === 0 || peer === "copy, warm" ? way === "decode" : false) continue;
    const ratio = sampleOf(pairs.map(([mine, theirs]) => theirs / mine));
    const goal = goals[side];
    report({
      what: `${what}, ${first.decode === undefined ? "both ways" : way}${ours === PLAIN ? "" : ours.slice(PLAIN.length)}`,
      unit: "µs",
      ...(first.bytes[0] > 0 && { bytes: first.bytes[0] }),
      measured: sampleOf(pairs.map(([mine]) => mine / 1000)),
      limit: { what: peer, measured: sampleOf(pairs.map(([, theirs]) => theirs / 1000)) },
      ratio,
      ...(goal !== undefined && { goal: `at least ${goal}`, reached: ratio.median >= goal }),
      ...(way === "encode" && { note: `${first.bytes[0]} bytes; ${peer} ${first.bytes[1]}` }),
    });
  }
}

async function duel(ours: string, peer: string, env = {}): Promise<Outcome> {
  return JSON.parse(await outputOf([process.execPath, join(FOLDER, "duel.ts"), data, ours, peer], env));
}

/** A Python that has numpy: the one of the path, or Debian's own. */
function pythonWithNumpy(): string | undefined {
  return ["python3", "/usr/bin/python3"].find(python => {
    if (Bun.which(python) === null) return false;
    return Bun.spawnSync([python, "-c", "import numpy"], { stdio: ["ignore", "ignore", "ignore"] }).exitCode === 0;
  });
}

/** Out of band beside CPython's pickle 5, where there are a Python and its numpy. */
async function comparePickle(): Promise<void> {
  const python = pythonWithNumpy();
  const pickles: number[][] = [];
  const mine: Outcome[] = [];
  for (let i = 0; i < PROCESSES; i++) {
    mine.push(await duel(OUT_OF_BAND, ALONE));
    const text = python === undefined ? null : await outputOf([python, join(FOLDER, "pickle5.py")]);
    if (text !== null) pickles.push(JSON.parse(text));
  }
  for (const [side, way] of (["encode", "decode"] as const).entries()) {
    const limitUs = OUT_OF_BAND_US[way];
    const measured = sampleOf(mine.flatMap(outcome => outcome[way]![0]).map(ns => ns / 1000));
    const theirs = pickles.length === 0 ? null : sampleOf(pickles.map(pair => pair[side]! / 1000));
    report({
      what: `d: ${about}, ${way}, out of band`,
      unit: "µs",
      measured,
      limit: {
        what: theirs === null ? "pickle 5: no python3 with numpy here" : "pickle 5",
        measured: theirs ?? exactly(Number.NaN),
      },
      ...(theirs !== null && { ratio: exactly(theirs.median / measured.median) }),
      goal: `under ${limitUs} µs`,
      reached: measured.median < limitUs,
    });
  }
}

async function outputOf(command: string[], env = {}): Promise<string> {
  const child = Bun.spawn(command, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  const text = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed`);
  return text;
}
