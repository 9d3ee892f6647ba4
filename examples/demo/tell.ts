import { rmSync } from "node:fs";
import { Store } from "plasmid";
import { draw } from "./bootstrap.ts";
import { Child } from "./child.ts";
import { onExit } from "./cleanup.ts";
import { now } from "./clock.ts";
import { bytesOf, type Columns, type Flights, readFlights, storeName, sum } from "./flights.ts";
import type { HandOver } from "./hand-over.ts";
import { memoryOf } from "./memory.ts";
import type { Progress } from "./progress.ts";
import { quantile } from "./quantile.ts";
import { type Answers, type Question, questionNames, questions } from "./questions.ts";
import type { ReaderReport } from "./reader.ts";
import { handOverByFile } from "./rival-file.ts";
import { handOverByIpc } from "./rival-ipc.ts";
import { fitInto } from "./size.ts";
import type { Member, Story } from "./story.ts";
import type { DrawsReport, FlightsReport, TicksReport } from "./waiter.ts";

const tickCount = 200;
const seed = 2001;

/** Does all that the demo shows, in order, and gives what was found and measured. */
export async function tell(progress: Progress, memory: string): Promise<Story> {
  const { capacity, largeBytes, warning } = fitInto(memory);
  if (warning) progress.note(warning);
  const directory = `${memory}/plasmid-demo-${process.pid}`;
  onExit(() => {
    for (const name of Store.list({ directory })) Store.destroy(name, { directory });
    rmSync(directory, { recursive: true, force: true });
  });
  using store = Store.open(storeName, { directory, capacity });

  progress.step("starting a process that waits for the flights");
  const waiter = new Child("the waiting process", "waiter.ts", directory, `${tickCount}`);
  await waiter.next<"waiting">();
  const given = await give(store, waiter, progress);
  const readers = await ask(progress, directory);
  const answers = await collectAnswers(store);
  progress.step("waking the waiting process again and again");
  const ticks = await wakeOften(store, waiter);

  const { columns } = await store.get<Flights>("flights");
  const built = await buildLarge(store, columns, largeBytes, progress);
  progress.step("adding it up in another process");
  const draws = await waiter.next<DrawsReport>();

  progress.step("weighing the processes");
  Bun.gc(true);
  const columnBytes = bytesOf(columns);
  const members = [
    weigh("the giver", process.pid, columnBytes + largeBytes),
    weigh("the one that waited", waiter.pid, columnBytes + largeBytes),
    ...readers.map(({ child, question }) => weigh(`reader: ${question}`, child.pid, columnBytes)),
  ];
  await Promise.all([waiter, ...readers.map(({ child }) => child)].map(child => child.release()));

  progress.step("handing the flights over by IPC");
  for (const column of Object.values(columns)) sum(column); // warm, as a giver's own arrays would be
  const byIpc = await handOverByIpc(columns, directory);
  progress.step("handing the flights over in a file");
  const byFile = await handOverByFile(columns, directory);

  const { about, expected, woken } = given;
  const reports = readers.map(({ report }) => report);
  const gets = reports.map(({ getMs }) => getMs);
  const byStore: HandOver = {
    sendMs: given.putMs,
    arriveMs: given.putMs + given.wakeMs,
    anotherMs: quantile(gets, 0.5),
    ownBytes: given.tookBytes,
    delayMinutes: woken.delayMinutes,
  };
  return {
    about,
    answers,
    columnBytes,
    largeBytes,
    interval: draws.interval,
    times: {
      read: given.readMs,
      put: given.putMs,
      wake: given.wakeMs,
      ticks,
      open: reports.map(({ openMs }) => openMs),
      get: gets,
      getAgain: reports.map(({ getAgainMs }) => getAgainMs),
      answers: readers.map(({ question, report }) => [question, report.answerMs]),
      build: built.buildMs,
      seal: built.sealMs,
      largeWake: draws.wokeAt - built.builtAt,
      largeRead: draws.readMs,
    },
    members,
    handOvers: [
      ["Plasmid", byStore],
      [`a file in ${memory}`, byFile],
      ["Bun's IPC, advanced", byIpc],
    ],
    checks: [
      ["the answers are those that the giver had found in its own arrays", Bun.deepEquals(answers, expected)],
      [
        "each reader counted all flights and minutes",
        questionNames.every(question => Bun.deepEquals(answers[question].totals, about.totals)),
      ],
      [
        "the store, the file and IPC gave the same delays",
        [byStore, byFile, byIpc].every(({ delayMinutes }) => delayMinutes === about.totals.delayMinutes),
      ],
      ["the large object adds up to what was drawn", draws.interval.sum === built.sum],
    ],
  };
}

/** Reads the flights and puts them for the process that waits. Their own arrays are garbage afterwards. */
async function give(store: Store, waiter: Child, progress: Progress) {
  progress.step("reading the flights");
  const readStarted = now();
  const flights = await readFlights(share => progress.update(share));
  const readMs = now() - readStarted;
  const expected = Object.fromEntries(questionNames.map(question => [question, questions[question](flights)]));

  progress.step("putting the flights into the store");
  const ownBefore = memoryOf(waiter.pid).own;
  const putStarted = now();
  store.put(flights, { name: "flights", pin: true });
  const putEnded = now();
  const woken = await waiter.next<FlightsReport>();
  return {
    about: flights.about,
    expected,
    readMs,
    putMs: putEnded - putStarted,
    wakeMs: woken.wokeAt - putEnded,
    woken,
    tookBytes: memoryOf(waiter.pid).own - ownBefore,
  };
}

interface Reader {
  question: Question;
  child: Child;
  report: ReaderReport;
}

/** Starts a process for each question, one after the other: four at once would measure one another. */
async function ask(progress: Progress, directory: string): Promise<Reader[]> {
  progress.step("asking four processes");
  const readers: Reader[] = [];
  for (const question of questionNames) {
    const child = new Child(`the reader of ${question}`, "reader.ts", directory, question);
    readers.push({ question, child, report: await child.next<ReaderReport>() });
    progress.update(readers.length / questionNames.length);
  }
  return readers;
}

/** The readers have put their answers into the store, too. */
async function collectAnswers(store: Store): Promise<Answers> {
  const answers = await store.get<unknown>(questionNames.map(question => `answers/${question}`));
  return Object.fromEntries(questionNames.map((question, i) => [question, answers[i]])) as unknown as Answers;
}

/** Puts a small object a few hundred times for a process that waits for each; gives how long each took to get there. */
async function wakeOften(store: Store, waiter: Child): Promise<number[]> {
  waiter.send("begin");
  for (let i = 0; i < tickCount; i++) {
    await Bun.sleep(2); // it shall be waiting again
    store.put(now(), { name: `ticks/${i}` });
  }
  return (await waiter.next<TicksReport>()).wakeMs;
}

/** Draws flights straight into shared memory. */
async function buildLarge(store: Store, { delay }: Columns, bytes: number, progress: Progress) {
  progress.step("building a large object in place");
  const started = now();
  using draft = store.allocateUnsafe(Int16Array, bytes / 2, { name: "draws", pin: true });
  const sum = await draw(draft.view, delay, seed, share => progress.update(share));
  const ended = now();
  draft.seal();
  return { sum, buildMs: ended - started, sealMs: now() - ended, builtAt: ended };
}

function weigh(name: string, pid: number, copyBytes: number): Member {
  return { name, pid, memory: memoryOf(pid), copyBytes };
}
