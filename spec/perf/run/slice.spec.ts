import { expect, test } from "bun:test";
import { slice } from "../../../perf/run/slice.ts";

test("slices are done as they are asked for, so often, and each answers for itself", async () => {
  const done: string[] = [];
  const noting = (name: string) => (count: number) => {
    done.push(`${name} ${count}`);
  };
  for (let i = 0; i < 20; i++) {
    expect(await slice(noting("short"), 10)).toBeGreaterThan(0);
    await slice(async count => void (await noting("async")(count)), 3);
  }
  expect(done).toEqual(Array.from({ length: 20 }, () => ["short 10", "async 3"]).flat());
});

test("a slice has what it does in it, awaited or not", async () => {
  const spin = (ms: number) => {
    for (const until = performance.now() + ms; performance.now() < until; );
  };
  expect(await slice(spin, 10)).toBeGreaterThan(0.99e6);
  expect(await slice(async count => void (await Bun.sleep(count)), 20)).toBeGreaterThan(0.9e6);
});

test("what fails in a slice is told to who asked for it, and the next one is done", async () => {
  const fail = () => {
    throw new Error("it broke");
  };
  expect(slice(fail, 1)).rejects.toThrow("it broke");
  expect(await slice(() => {}, 1)).toBeGreaterThan(0);
});
