import { expect, test } from "bun:test";
import { throughputOf } from "../../../perf/cli/throughput.ts";
import { exactly } from "../../../perf/stats/sample.ts";

const of = (value: number, unit: string, bytes?: number) =>
  throughputOf({ what: "x", unit, measured: exactly(value), ...(bytes !== undefined && { bytes }) });

test("throughput: how often in a second, or how many bytes", () => {
  expect(of(2, "µs")).toBe("500,000/s");
  expect(of(20, "ms")).toBe("50.0/s");
  expect(of(4, "ms", 8e6)).toBe("2.00 GB/s");
  expect(of(1_500, "/s")).toBe("1,500/s");
  expect(of(12, "GB/s")).toBe("12.0 GB/s");
});

test("what is no matter of time, or was not measured, has none", () => {
  expect(of(184, "bytes")).toBe("");
  expect(of(0.93, "")).toBe("");
  expect(of(Number.NaN, "µs")).toBe("");
});
