import type { Row } from "../run/row.ts";
import { figure } from "../stats/figure.ts";

const SECONDS: Readonly<Record<string, number>> = { ns: 1e-9, µs: 1e-6, ms: 1e-3, s: 1 };

/** What a row says of a second: bytes where it is known how many, else how often; nothing of what is no matter of time. */
export function throughputOf({ measured, unit, bytes }: Row): string {
  const { median } = measured;
  if (!(median > 0)) return "";
  if (unit.endsWith("/s")) return `${figure(median)}${unit.startsWith("/") ? "" : " "}${unit}`;
  const second = SECONDS[unit];
  if (second === undefined) return "";
  const often = 1 / (median * second);
  return bytes === undefined ? `${figure(often)}/s` : `${figure((often * bytes) / 1e9)} GB/s`;
}
