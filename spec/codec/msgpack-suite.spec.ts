import { describe, expect, test } from "bun:test";
import * as msgpack from "@msgpack/msgpack";
import suite from "msgpack-test-suite";
import { DecodeError, decode, encode } from "../../src/codec/index.ts";
import { expectSame } from "./same.ts";

/** One value of the public suite, in its own notations, and every way to write it. */
interface Exam {
  readonly msgpack: readonly string[];
  readonly binary?: string;
  readonly bignum?: string;
  readonly timestamp?: readonly [seconds: number, nanoseconds: number];
  readonly [type: string]: unknown;
}

const groups = Object.entries(suite as unknown as Record<string, readonly Exam[]>);
const unhex = (text: string) => Uint8Array.fromHex(text.replaceAll("-", ""));

/** The value that an exam describes, as the codec has it. */
function examined(exam: Exam): unknown {
  if (exam.binary !== undefined) return unhex(exam.binary);
  if (exam.timestamp !== undefined) {
    const [seconds, nanoseconds] = exam.timestamp;
    // A Date is cut to the millisecond.
    return new Date(seconds * 1000 + Math.floor(nanoseconds / 1e6));
  }
  if (exam.bignum !== undefined) {
    const big = BigInt(exam.bignum);
    return Number.isSafeInteger(Number(big)) ? Number(big) : big;
  }
  for (const type of ["nil", "bool", "number", "string", "array", "map"]) if (type in exam) return exam[type];
  throw new Error(`an exam of no known type: ${JSON.stringify(exam)}`);
}

/** Whether this Date is what the exam means: finer ones are cut. */
const isExact = (exam: Exam) => exam.timestamp === undefined || exam.timestamp[1] % 1e6 === 0;

describe("the public suite of MessagePack", () => {
  test("is there", () => expect(groups.flatMap(([, exams]) => exams).length).toBeGreaterThan(80));

  for (const [name, exams] of groups) {
    // Extension types below 128 belong to the application: those of this codec are in docs/format.md.
    if (name.includes("ext")) continue;
    for (const exam of exams) {
      const value = examined(exam);
      test(`${name}: ${exam.msgpack[0]!.slice(0, 40)} decodes`, () => {
        for (const bytes of exam.msgpack) expectSame(decode(unhex(bytes)), value);
      });
      if (!isExact(exam)) continue;
      test(`${name}: ${exam.msgpack[0]!.slice(0, 40)} is what we write`, () => {
        const written = encode(value, { standard: true });
        expect(exam.msgpack.map(bytes => unhex(bytes).toHex())).toContain(written.toHex());
        if (typeof value !== "bigint") expect(encode(value)).toEqual(written);
      });
    }
  }

  test("extensions are seen by others, and taken or refused by us", () => {
    for (const exam of groups.flatMap(([name, exams]) => (name.includes("ext") ? exams : []))) {
      for (const bytes of exam.msgpack) {
        expect(msgpack.decode(unhex(bytes))).toBeInstanceOf(msgpack.ExtData);
        try {
          decode(unhex(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }
    }
  });
});
