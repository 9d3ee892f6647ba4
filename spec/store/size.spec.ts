import { expect, test } from "bun:test";
import { InvalidArgumentError } from "../../src/index.ts";
import { formatSize, parseSize } from "../../src/store/size.ts";

test("sizes as people write them", () => {
  expect(parseSize(4096)).toBe(4096);
  expect(parseSize("4096")).toBe(4096);
  expect(parseSize("2GiB")).toBe(2 ** 31);
  expect(parseSize("1.5 kib")).toBe(1536);
  expect(parseSize("3MB")).toBe(3_000_000);
  expect(parseSize("1tib")).toBe(2 ** 40);
});

test("what is no size", () => {
  for (const bad of [-1, 1.5, Number.NaN, 2 ** 60, "", "GiB", "5 parsecs", "-3MB", null, {}]) {
    expect(() => parseSize(bad as number)).toThrow(InvalidArgumentError);
  }
});

test("sizes as people read them", () => {
  expect(formatSize(17)).toBe("17 bytes");
  expect(formatSize(2 ** 31)).toBe("2 GiB");
  expect(formatSize(1.5 * 2 ** 20)).toBe("1.5 MiB");
});
