import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";

/** A class of Temporal's, as far as the codec uses it. Not every engine has them, nor TypeScript's library. */
interface TemporalClass {
  readonly prototype: object;
  new (...args: never[]): object;
  from(text: string): object;
}

interface Kind {
  readonly name: string;
  readonly type: TemporalClass;
  /** All there is to know of one, as text. */
  write(value: object): string;
  /** Throws if the text can't be right. */
  read(text: string): object;
}

const UNITS = [
  "years",
  "months",
  "weeks",
  "days",
  "hours",
  "minutes",
  "seconds",
  "milliseconds",
  "microseconds",
  "nanoseconds",
];

const kinds = new Map<string, Kind>();
const kindOfPrototype = new Map<object, Kind>();
const namespace = (globalThis as unknown as { Temporal?: Record<string, TemporalClass> }).Temporal;

for (const name of [
  "Instant",
  "ZonedDateTime",
  "PlainDate",
  "PlainTime",
  "PlainDateTime",
  "PlainYearMonth",
  "PlainMonthDay",
  "Duration",
]) {
  const type = namespace?.[name];
  if (type === undefined) continue;
  const kind = { name, type, ...formOf(name, type) };
  kinds.set(name, kind);
  kindOfPrototype.set(type.prototype, kind);
}

/** What Temporal has: the name of its class, and as text what it is made of. */
export const temporal: Composite = {
  kind: "composite",
  code: c.EXT_TEMPORAL,
  prototypes: [...kindOfPrototype.keys()],
  pairs: false,
  step: () => "",
  partsToCreate: 2,

  parts(value) {
    const kind = kindOf(value);
    return [kind.name, kind.write(value)];
  },

  create([name, text]) {
    if (typeof name !== "string" || typeof text !== "string") return null;
    const kind = kinds.get(name);
    if (kind === undefined) throw new Error(`this runtime has no Temporal.${name}; decode with one that does`);
    return kind.read(text);
  },

  fill: (_, parts) => parts.length === 2,
};

function kindOf(value: object): Kind {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const kind = kindOfPrototype.get(at);
    if (kind !== undefined) return kind;
  }
  throw new TypeError("no Temporal object");
}

/**
 * Its own text says everything of most of them. Not of a Duration, which joins seconds and their parts; nor of a ZonedDateTime, whose text
 * is read by the rules of the reader's time zones.
 */
function formOf(name: string, type: TemporalClass): Pick<Kind, "write" | "read"> {
  const field = (value: object, key: string) => Reflect.get(type.prototype, key, value) as unknown;
  if (name === "Duration") {
    return {
      write: value => UNITS.map(unit => field(value, unit)).join(" "),
      read: text => new type(...(text.split(" ").map(Number) as never[])),
    };
  }
  if (name === "ZonedDateTime") {
    const keys = ["epochNanoseconds", "timeZoneId", "calendarId"];
    return {
      write: value => keys.map(key => field(value, key)).join(" "),
      read(text) {
        const [nanoseconds, zone, calendar] = text.split(" ");
        return new type(...([BigInt(nanoseconds ?? ""), zone, calendar] as never[]));
      },
    };
  }
  return { write: value => type.prototype.toString.call(value), read: text => type.from(text) };
}
