/** One of four processes that read the flights in place, each with a question of its own. Run by main.ts. */
import { Store } from "plasmid";
import { now } from "./clock.ts";
import { type Flights, storeName } from "./flights.ts";
import { directory, send } from "./parent.ts";
import { type Question, questions } from "./questions.ts";

export interface ReaderReport {
  openMs: number;
  getMs: number;
  getAgainMs: number;
  answerMs: number;
}

const question = process.argv[3];

const started = now();
const store = Store.open(storeName, { directory, mustExist: true });
const opened = now();
const flights = await store.get<Flights>("flights");
const got = now();
await store.get("flights");
const gotAgain = now();
const answer = questions[question as Question](flights);
const answered = now();
store.put(answer, { name: `answers/${question}`, pin: true });

const report: ReaderReport = {
  openMs: opened - started,
  getMs: got - opened,
  getAgainMs: gotAgain - got,
  answerMs: answered - gotAgain,
};
send(report);
// And stays, holding its views, until the main process has seen how little memory that takes.
