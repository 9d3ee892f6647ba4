import { expect, test } from "bun:test";
import fc from "fast-check";
import { BadNameError } from "../../src/index.ts";
import { checkObjectName, checkStoreName } from "../../src/store/name.ts";

test("names that are allowed", () => {
  for (const name of [
    "a",
    "frames/17",
    "model/v7",
    "a..b",
    "...",
    "ä/ö",
    "x".repeat(512),
    "é".repeat(256),
    " ",
    "a\0b",
  ]) {
    expect(checkObjectName(name)).toBe(name);
  }
  expect(checkStoreName("x".repeat(200))).toBe("x".repeat(200));
});

test("names that are not", () => {
  const bad = [
    "",
    "/",
    "/a",
    "a/",
    "..",
    "../a",
    "a/..",
    "a/../b",
    "x".repeat(513),
    "é".repeat(257),
    "\ud800",
    5,
    null,
  ];
  for (const name of bad) expect(() => checkObjectName(name as string)).toThrow(BadNameError);
  for (const name of ["x".repeat(201), "a\0b", "/a", ".."]) expect(() => checkStoreName(name)).toThrow(BadNameError);
});

test("the short way and the long way agree", () => {
  const allowed = (name: string) =>
    name !== "" &&
    Buffer.byteLength(name) <= 512 &&
    !name.startsWith("/") &&
    !name.endsWith("/") &&
    !name.split("/").includes("..");
  const part = fc.constantFrom("/", ".", "..", "a", "é", "漢", "x".repeat(100));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), parts => {
      const name = parts.join("");
      if (allowed(name)) expect(checkObjectName(name)).toBe(name);
      else expect(() => checkObjectName(name)).toThrow(BadNameError);
    }),
  );
});
