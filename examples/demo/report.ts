/** The demo's story as text. */
import type { About } from "./flights.ts";
import { drawBar } from "./progress.ts";
import { quantile } from "./quantile.ts";
import type { Answers } from "./questions.ts";
import type { Member, Story } from "./story.ts";
import { dim, formatBytes, formatCount, formatMinutes, formatTable, formatTime, section, sparkline } from "./table.ts";

export function formatReport(story: Story): string {
  const { about, columnBytes, members } = story;
  const day = (date: Date) => date.toLocaleDateString("en-GB", { day: "numeric", month: "long", timeZone: "UTC" });
  const year = about.period.from.getUTCFullYear();
  const last = new Date(about.period.to.getTime() - 1);
  return [
    "",
    section("PLASMID", [
      `${about.title}, ${day(about.period.from)} to ${day(last)} ${year}: ${formatBytes(columnBytes)},`,
      `put once by one process, read in place by ${members.length - 1} others`,
    ]),
    section("WHAT THEY FOUND", formatAnswers(story)),
    section("HOW LONG IT TOOK", formatTimes(story)),
    section(
      `MEMORY  while all ${members.length} processes hold the flights`,
      formatMembers(members, columnBytes + story.largeBytes),
    ),
    section(
      `THE SAME HAND-OVER BY OTHER MEANS  ${formatBytes(columnBytes)} to a process that waits`,
      formatHandOvers(story),
    ),
    formatChecks(story),
  ].join("\n");
}

function formatAnswers({ about, answers, interval }: Story): string[] {
  const { hours, routes, distance, airports } = answers;
  const mean = about.totals.delayMinutes / about.totals.flights;
  const rows = [
    ...labelled("delay by hour", hourLines(hours)),
    ...labelled(
      "worst routes",
      routes.worst.slice(0, 3).map(({ origin, destination, flights, meanDelay }) => {
        const route = `${place(about, origin)} to ${place(about, destination)}`;
        return `${formatMinutes(meanDelay)}  ${route} ${dim(`${formatCount(flights)} flights`)}`;
      }),
    ),
    ...labelled("delay by distance", distanceLines(distance)),
    ...labelled(
      "busiest airports",
      airports.busiest.slice(0, 3).map(({ airport, departures, arrivals, lateShare }) => {
        const late = `${Math.round(lateShare * 100)}% of departures late`;
        return `${formatCount(departures + arrivals)}  ${place(about, airport)} ${dim(late)}`;
      }),
    ),
    ...labelled("mean delay", [
      `${formatMinutes(mean)}, 95% sure from ${formatMinutes(interval.from)} to ${formatMinutes(interval.to)}` +
        ` ${dim(`${interval.resamples} resamples`)}`,
    ]),
  ];
  return formatTable(rows, "ll");
}

function labelled(label: string, lines: string[]): string[][] {
  return lines.map((line, i) => [i === 0 ? label : "", line]);
}

/** An hour with fewer flights than this (0.5% of all) says more about those flights than about the hour. */
const fewestFlights = 15_000;

function hourLines({ flights, minutes }: Answers["hours"]): string[] {
  const means = flights.map((count, hour) => (count < fewestFlights ? Number.NaN : minutes[hour]! / count));
  const known = means.filter(mean => !Number.isNaN(mean));
  const say = (mean: number) => `${formatMinutes(mean)} at ${String(means.indexOf(mean)).padStart(2, "0")}:00`;
  return [
    `${sparkline(means)}  ${dim("from midnight to midnight")}`,
    `best ${say(Math.min(...known))}, worst ${say(Math.max(...known))}`,
  ];
}

function distanceLines({ bands, correlation }: Answers["distance"]): string[] {
  const common = bands.filter(band => band.flights >= fewestFlights);
  const longest = Math.max(...common.map(band => band.meanDelay));
  return [
    ...common.map(({ miles, meanDelay }) => {
      const label = `${miles[0]} to ${miles[1]} miles`.padStart(18);
      return `${label}  ${drawBar(meanDelay / longest, 16)} ${formatMinutes(meanDelay)}`;
    }),
    `correlation ${correlation.toFixed(3)}${Math.abs(correlation) < 0.1 ? ": none to speak of" : ""}`.replace("-", "−"),
  ];
}

function place({ airports }: About, index: number): string {
  const { code, city } = airports[index]!;
  return city === code ? code : `${city} (${code})`;
}

function formatTimes({ times, columnBytes, largeBytes }: Story): string[] {
  const large = largeBytes >= 2 ** 30 ? `${largeBytes / 2 ** 30} GiB` : `${largeBytes / 2 ** 20} MiB`;
  const rate = (bytes: number, ms: number) => `${(bytes / ms / 1e6).toFixed(1)} GB/s`;
  const rows: [string, number, string?][] = [
    ["put the flights into fresh shared memory", times.put, rate(columnBytes, times.put)],
    ["then wake the process that waited", times.wake, "its first time"],
    [
      "wake it again",
      quantile(times.ticks, 0.5),
      `median of ${times.ticks.length}; nine in ten below ${formatTime(quantile(times.ticks, 0.9))}`,
    ],
    ["open the store in a new process", quantile(times.open, 0.5), spread(times.open)],
    ["its first get, by name", quantile(times.get, 0.5), spread(times.get)],
    ["its second", quantile(times.getAgain, 0.5), spread(times.getAgain)],
    [`build ${large} in place`, times.build, rate(largeBytes, times.build)],
    ["seal it", times.seal],
    ["wake the process that waited for the seal", times.largeWake, "from the start of the seal"],
    ["add it up there, in place", times.largeRead, rate(largeBytes, times.largeRead)],
  ];
  const answers = times.answers.map(([name, ms]) => `${name} ${formatTime(ms)}`);
  return [
    ...formatTable(
      rows.map(([what, ms, note = ""]) => [what, formatTime(ms), dim(note)]),
      "lrl",
    ),
    dim(`answers: ${answers.join(", ")}; decoding the parquet file: ${formatTime(times.read)}`),
  ];
}

function spread(values: number[]): string {
  return `${formatTime(Math.min(...values))} to ${formatTime(Math.max(...values))} in ${values.length}`;
}

function formatMembers(members: Member[], storeBytes: number): string[] {
  const total = (of: (member: Member) => number) => formatBytes(members.reduce((sum, member) => sum + of(member), 0));
  const rows = members.map(({ name, memory, copyBytes }) => [
    name,
    formatBytes(memory.pss),
    formatBytes(memory.own),
    formatBytes(memory.shared),
    formatBytes(copyBytes),
  ]);
  return [
    ...formatTable(
      [
        ["", "in all (PSS)", "its own", "share of store", "copies would be"],
        ...rows,
        [
          "together",
          total(member => member.memory.pss),
          total(member => member.memory.own),
          total(member => member.memory.shared),
          total(member => member.copyBytes),
        ],
      ],
      "lrrrr",
    ),
    dim(`the store holds ${formatBytes(storeBytes)}, once`),
  ];
}

function formatHandOvers({ handOvers }: Story): string[] {
  const rows = handOvers.map(([name, handOver]) => [
    name,
    formatTime(handOver.sendMs),
    formatTime(handOver.arriveMs),
    formatTime(handOver.anotherMs),
    formatBytes(Math.max(0, handOver.ownBytes)),
  ]);
  return formatTable([["", "giver busy", "there after", "one more reader", "memory each"], ...rows], "lrrrr");
}

function formatChecks({ checks }: Story): string {
  const wrong = checks.filter(([, holds]) => !holds);
  if (wrong.length > 0) return wrong.map(([what]) => `WRONG, it should be so: ${what}`).join("\n");
  return `Checked: ${checks.map(([what]) => what).join("; ")}.`;
}
