import { readFlights } from "../../examples/demo/flights.ts";

/** Real doubles: dates, delays and distances of 3,000,000 flights, over and over until there are `count`. */
export async function flightDoubles(count: number): Promise<Float64Array<ArrayBuffer>> {
  const { columns } = await readFlights(() => {});
  const values = new Float64Array(count);
  const sources = [columns.date, columns.delay, columns.distance];
  for (let at = 0, i = 0; at < count; i++) {
    const source = sources[i % sources.length]!;
    const part = source.subarray(0, Math.min(source.length, count - at));
    values.set(part, at);
    at += part.length;
  }
  return values;
}
