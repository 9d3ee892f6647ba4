/** The fifth process: it waits for what is not there yet. Run by main.ts. */
import { Store } from "plasmid";
import { type Interval, interval } from "./bootstrap.ts";
import { now } from "./clock.ts";
import { type Flights, storeName, sum } from "./flights.ts";
import { directory, receive, send } from "./parent.ts";

/** When `get` resolved, on the shared clock, and what was found. */
export interface FlightsReport {
  wokeAt: number;
  delayMinutes: number;
}
export interface TicksReport {
  wakeMs: number[];
}
export interface DrawsReport {
  wokeAt: number;
  readMs: number;
  interval: Interval;
}

const ticks = process.argv[3];
const store = Store.open(storeName, { directory, mustExist: true });

const pending = store.get<Flights>("flights");
send("waiting");
const flights = await pending;
const wokeAt = now();
send({ wokeAt, delayMinutes: sum(flights.columns.delay) } satisfies FlightsReport);
await receive();

const wakeMs: number[] = [];
for (let i = 0; i < Number(ticks); i++) {
  const sentAt = await store.get<number>(`ticks/${i}`);
  wakeMs.push(now() - sentAt);
}
const pendingDraws = store.get<Int16Array>("draws");
send({ wakeMs } satisfies TicksReport);
const draws = await pendingDraws;
const drawsAt = now();
const found = interval(draws, flights.about.totals.flights);
send({
  wokeAt: drawsAt,
  readMs: now() - drawsAt,
  interval: found,
} satisfies DrawsReport);
// And stays, holding its views, as the readers do.
