import { expect, test } from "bun:test";
import { rowTable } from "../../../perf/cli/row-table.ts";
import { exactly } from "../../../perf/stats/sample.ts";

test("the table says which way its comparison runs", () => {
  const limit = { what: "a limit", measured: exactly(2) };
  const table = rowTable([{ what: "a row", unit: "ms", measured: exactly(4), limit, ratio: exactly(0.5) }]);
  const [head, , row] = table.split("\n");
  expect(row!.slice(head!.indexOf("times as good")).trim()).toBe("0.500");
});
