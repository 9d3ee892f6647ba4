import type { Columns, Flights, Totals } from "./flights.ts";

/** Each answer is plain data, and counts what it went through, so that it can be checked. */
export interface Answers {
  hours: { totals: Totals; flights: number[]; minutes: number[] };
  routes: { totals: Totals; worst: Route[] };
  distance: { totals: Totals; correlation: number; bands: Band[] };
  airports: { totals: Totals; busiest: Traffic[] };
}
export interface Route {
  origin: number;
  destination: number;
  flights: number;
  meanDelay: number;
}
export interface Band {
  miles: [from: number, to: number];
  flights: number;
  meanDelay: number;
}
export interface Traffic {
  airport: number;
  departures: number;
  arrivals: number;
  lateShare: number;
}
export type Question = keyof Answers;

export const questions: { [Q in Question]: (flights: Flights) => Answers[Q] } = {
  hours: ({ columns }) => delaysByHour(columns),
  routes: ({ columns, about }) => worstRoutes(columns, about.airports.length),
  distance: ({ columns }) => delayByDistance(columns),
  airports: ({ columns, about }) => busiestAirports(columns, about.airports.length),
};
export const questionNames = Object.keys(questions) as Question[];

const msAnHour = 3_600_000;
/** A flight counts as late from a quarter of an hour on, as the FAA has it. */
const lateMinutes = 15;
const fewestFlights = 500;
const bandMiles = 500;

/** At what time of day is it better to fly? */
export function delaysByHour({ date, delay }: Columns): Answers["hours"] {
  const flights = new Array<number>(24).fill(0);
  const minutes = new Array<number>(24).fill(0);
  for (let i = 0; i < date.length; i++) {
    const hour = Math.floor(date[i]! / msAnHour) % 24;
    flights[hour]!++;
    minutes[hour]! += delay[i]!;
  }
  return { totals: { flights: add(flights), delayMinutes: add(minutes) }, flights, minutes };
}

/** The routes with the longest mean delay, of those flown often enough to tell. */
export function worstRoutes(columns: Columns, airports: number): Answers["routes"] {
  const { origin, destination, delay } = columns;
  const flights = new Uint32Array(airports * airports);
  const minutes = new Float64Array(airports * airports);
  for (let i = 0; i < delay.length; i++) {
    const route = origin[i]! * airports + destination[i]!;
    flights[route]!++;
    minutes[route]! += delay[i]!;
  }
  const worst: Route[] = [];
  flights.forEach((count, route) => {
    if (count < fewestFlights) return;
    worst.push({
      origin: Math.floor(route / airports),
      destination: route % airports,
      flights: count,
      meanDelay: minutes[route]! / count,
    });
  });
  worst.sort((a, b) => b.meanDelay - a.meanDelay);
  return {
    totals: { flights: add(flights), delayMinutes: add(minutes) },
    worst: worst.slice(0, 5),
  };
}

/** Do longer flights come later? Pearson's correlation, and the mean delay of each band of distance. */
export function delayByDistance({ distance, delay }: Columns): Answers["distance"] {
  const n = delay.length;
  const flights: number[] = [];
  const minutes: number[] = [];
  let [sumX, sumY, sumXX, sumXY, sumYY] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const x = distance[i]!;
    const y = delay[i]!;
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumXY += x * y;
    sumYY += y * y;
    const band = Math.floor(x / bandMiles);
    while (flights.length <= band) {
      flights.push(0);
      minutes.push(0);
    }
    flights[band]!++;
    minutes[band]! += y;
  }
  const covariance = n * sumXY - sumX * sumY;
  return {
    totals: { flights: add(flights), delayMinutes: add(minutes) },
    correlation: covariance / Math.sqrt((n * sumXX - sumX ** 2) * (n * sumYY - sumY ** 2)),
    bands: flights.map((count, band) => ({
      miles: [band * bandMiles, (band + 1) * bandMiles],
      flights: count,
      meanDelay: minutes[band]! / count,
    })),
  };
}

/** The airports with the most departures and arrivals, and how many of their departures are late. */
export function busiestAirports(columns: Columns, airports: number): Answers["airports"] {
  const { origin, destination, delay } = columns;
  const departures = new Uint32Array(airports);
  const arrivals = new Uint32Array(airports);
  const late = new Uint32Array(airports);
  const minutes = new Float64Array(airports);
  for (let i = 0; i < delay.length; i++) {
    const from = origin[i]!;
    departures[from]!++;
    arrivals[destination[i]!]!++;
    minutes[from]! += delay[i]!;
    if (delay[i]! >= lateMinutes) late[from]!++;
  }
  const all = Array.from(departures, (count, airport) => ({
    airport,
    departures: count,
    arrivals: arrivals[airport]!,
    lateShare: late[airport]! / count,
  }));
  all.sort((a, b) => b.departures + b.arrivals - a.departures - a.arrivals);
  return {
    totals: { flights: add(departures), delayMinutes: add(minutes) },
    busiest: all.slice(0, 5),
  };
}

function add(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
