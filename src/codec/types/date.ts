import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import type { Leaf } from "../extension.ts";
import type { Output } from "../output.ts";
import { hasNothingOfItsOwn } from "./ordinary.ts";

const getTime = Date.prototype.getTime;
const MAX_DATE_MS = 8.64e15;
const TWO_32 = 0x100000000;
const TWO_34 = 0x400000000;

/** A Date is MessagePack's timestamp, in the shortest of its three forms; an invalid one is an extension of ours. */
export const date: Leaf<Date> = {
  kind: "leaf",
  prototypes: [Date.prototype],
  isBare: isBareDate,
  readers: new Map([
    [c.EXT_TIMESTAMP, readTimestamp],
    [c.EXT_INVALID_DATE, readInvalidDate],
  ]),

  refusal(value) {
    getTime.call(value);
    return null;
  },

  write(encoder: Encoder, value: Date, p: number): number {
    if (Number.isNaN(getTime.call(value))) return encoder.writeExtHeader(c.EXT_INVALID_DATE, 0, p);
    return writeTimestamp(encoder, value, p);
  },
};

/** Whether a Date has no properties of its own, and can have some. */
export function isBareDate(date: object): boolean {
  return hasNothingOfItsOwn(date);
}

/** A valid Date as MessagePack's timestamp, in the shortest of its three forms. */
export function writeTimestamp(output: Output, value: Date, p: number): number {
  const time = getTime.call(value);
  const seconds = Math.floor(time / 1000);
  const nanoseconds = (time - seconds * 1000) * 1e6;
  if (seconds >= 0 && seconds < TWO_34) {
    if (nanoseconds === 0 && seconds < TWO_32) {
      const q = output.writeExtHeader(c.EXT_TIMESTAMP, 4, p);
      output.need(q, 4);
      output.view.setUint32(q, seconds);
      return q + 4;
    }
    const q = output.writeExtHeader(c.EXT_TIMESTAMP, 8, p);
    output.need(q, 8);
    output.view.setUint32(q, nanoseconds * 4 + Math.floor(seconds / TWO_32));
    output.view.setUint32(q + 4, seconds >>> 0);
    return q + 8;
  }
  const q = output.writeExtHeader(c.EXT_TIMESTAMP, 12, p);
  output.need(q, 12);
  output.view.setUint32(q, nanoseconds);
  output.view.setInt32(q + 4, Math.floor(seconds / TWO_32));
  output.view.setUint32(q + 8, seconds >>> 0);
  return q + 12;
}

function readTimestamp(decoder: Decoder, size: number): Date {
  const start = decoder.p;
  const view = decoder.dataView();
  let seconds = 0;
  let nanoseconds = 0;
  if (size === 4) {
    seconds = view.getUint32(start);
  } else if (size === 8) {
    const high = view.getUint32(start);
    nanoseconds = high >>> 2;
    seconds = (high & 3) * TWO_32 + view.getUint32(start + 4);
  } else if (size === 12) {
    nanoseconds = view.getUint32(start);
    seconds = view.getInt32(start + 4) * TWO_32 + view.getUint32(start + 8);
  } else {
    decoder.fail(`a timestamp has 4, 8 or 12 bytes, not ${size}`, start);
  }
  if (nanoseconds >= 1e9) decoder.fail(`a timestamp with ${nanoseconds} nanoseconds`, start);
  // Finer than a millisecond a Date can't be.
  const time = seconds * 1000 + Math.floor(nanoseconds / 1e6);
  if (Math.abs(time) > MAX_DATE_MS) decoder.fail("a timestamp beyond what a Date can hold", start);
  decoder.p = start + size;
  return decoder.admit(new Date(time));
}

function readInvalidDate(decoder: Decoder, size: number): Date {
  if (size !== 0) decoder.fail(`an invalid Date has no payload, not ${size} bytes`);
  return decoder.admit(new Date(Number.NaN));
}
