import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import { KIND_FLOAT64, KIND_UINT32 } from "../typed-array.ts";
import { isBareDate } from "../types/date.ts";
import { areDistinct } from "./distinct.ts";

const getTime = Date.prototype.getTime;
const MAX_DATE_MS = 8.64e15;
const TWO_32 = 0x100000000;

/**
 * Dates, counted from 1970: as 32 bits of seconds if all are whole seconds, or as doubles of milliseconds, NaN for an invalid one. -1, with
 * nothing written or numbered, if something else is among them or one of them was met before.
 */
export function writeDates(encoder: Encoder, values: readonly unknown[], count: number, p: number): number {
  const dates: Date[] = new Array(count);
  const times: number[] = new Array(count);
  const start = encoder.writeByte(KIND_FLOAT64, encoder.writeOpenExtHeader(c.EXT_DATES, 0, p));
  encoder.need(start, count * 8);
  const { view } = encoder;
  let whole = true;
  for (let i = 0; i < count; i++) {
    const value = values[i] as Date;
    if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Date.prototype) return -1;
    if (!isBareDate(value)) return -1;
    const time = timeOf(value);
    if (time === undefined) return -1;
    if (whole) whole = time >= 0 && time < TWO_32 * 1000 && time % 1000 === 0;
    dates[i] = value;
    times[i] = time;
    view.setFloat64(start + i * 8, time, true);
  }
  const distinct = areDistinct(dates, [times]);
  if (distinct === false || !encoder.memo.addAll(dates, Date.prototype, distinct === true)) return -1;
  if (whole) {
    for (let i = 0; i < count; i++) view.setUint32(start + i * 4, view.getFloat64(start + i * 8, true) / 1000, true);
    encoder.bytes[start - 1] = KIND_UINT32;
  }
  const end = start + count * (whole ? 4 : 8);
  encoder.closeExt(p, end);
  return end;
}

/** Undefined for what only has the prototype of a Date. */
function timeOf(date: Date): number | undefined {
  try {
    return getTime.call(date);
  } catch {
    return undefined;
  }
}

/** Dates from the payload of `size` bytes at `decoder.p`. */
export function readDates(decoder: Decoder, size: number): Date[] {
  const start = decoder.p;
  const kind = decoder.readByte();
  if (kind !== KIND_FLOAT64 && kind !== KIND_UINT32) decoder.fail(`a list of dates of kind ${kind}`, start);
  const count = (size - 1) / (kind === KIND_UINT32 ? 4 : 8);
  if (!Number.isInteger(count)) decoder.fail(`${size - 1} bytes are no whole number of dates`, start);
  decoder.claim(count);
  decoder.p = start + size;
  const dates = kind === KIND_UINT32 ? readSeconds(decoder, start + 1, count) : readTimes(decoder, start + 1, count);
  decoder.admitAll(dates);
  return dates;
}

function readSeconds(decoder: Decoder, p: number, count: number): Date[] {
  const view = decoder.dataView();
  const dates: Date[] = new Array(count);
  for (let i = 0; i < count; i++, p += 4) dates[i] = new Date(view.getUint32(p, true) * 1000);
  return dates;
}

function readTimes(decoder: Decoder, p: number, count: number): Date[] {
  const view = decoder.dataView();
  const dates: Date[] = new Array(count);
  for (let i = 0; i < count; i++, p += 8) {
    const time = view.getFloat64(p, true);
    if (Math.abs(time) > MAX_DATE_MS) decoder.fail("a date beyond what a Date can hold", p);
    dates[i] = new Date(time);
  }
  return dates;
}
