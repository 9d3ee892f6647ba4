import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Histogram } from "../../../perf/stats/histogram.ts";

const latencies = fc.array(
  fc.oneof(
    fc.nat(300),
    fc.double({ min: 0, max: 1e12, noNaN: true }),
    fc.nat(40).map(power => 2 ** power),
  ),
  { minLength: 1, maxLength: 60 },
);
const filled = (values: number[]) => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

describe("the histogram", () => {
  test("gives quantiles of the sorted values, never too low, and 1/128 or 1 too high at most", () => {
    fc.assert(
      fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(q * values.length)) - 1]!;
        const given = filled(values).quantile(q);
        expect(given).toBeGreaterThanOrEqual(exact);
        expect(given).toBeLessThanOrEqual(Math.max(exact * (1 + 1 / 128), exact + 1));
      }),
    );
  });

  test("knows how many there are and the largest exactly", () => {
    fc.assert(
      fc.property(latencies, values => {
        expect(filled(values).count).toBe(values.length);
        expect(filled(values).max).toBe(Math.max(...values));
        expect(filled(values).quantile(1)).toBe(Math.max(...values));
      }),
    );
  });

  test("two added are one of both; as JSON it is the same", () => {
    fc.assert(
      fc.property(latencies, latencies, (a, b) => {
        const sum = filled(a);
        sum.add(filled(b));
        expect(sum.toJSON()).toEqual(filled([...a, ...b]).toJSON());
        expect(Histogram.from(JSON.parse(JSON.stringify(sum))).toJSON()).toEqual(sum.toJSON());
        expect(Histogram.from(sum.toJSON()).quantile(0.9)).toBe(sum.quantile(0.9));
      }),
    );
  });

  test("refuses what is no latency, and holds what is beyond its buckets", () => {
    expect(() => new Histogram().record(-1)).toThrow(RangeError);
    expect(() => new Histogram().record(Number.NaN)).toThrow(RangeError);
    expect(() => new Histogram().record(Number.POSITIVE_INFINITY)).toThrow(RangeError);
    const histogram = filled([1e300]);
    expect(histogram.max).toBe(1e300);
    expect(histogram.count).toBe(1);
  });
});
