import { expect, test } from "bun:test";
import { join } from "node:path";
import { root } from "../../../scripts/paths.ts";

// Who does nothing with stores needs no folder for them, but what it stands on asks for one.
for (const name of ["PLASMID_PERF_FOLDER", "PLASMID_PERF_DISK_FOLDER"]) process.env[name] ??= "/nowhere";
const { inRounds } = await import("../../../perf/run/rounds.ts");

test("each round has a slice of each, in an order that is drawn, the same again", async () => {
  const orders: string[] = [];
  for (let run = 0; run < 2; run++) {
    const done: string[] = [];
    const noting = (name: string) => (count: number) => {
      done.push(name);
      for (const until = performance.now() + 0.01 * count; performance.now() < until; );
    };
    const rounds = 40;
    const times = await inRounds({ a: noting("a"), b: noting("b") }, rounds);
    expect([times.a.length, times.b.length]).toEqual([rounds, rounds]);
    const order = done.slice(-2 * rounds).join("");
    const pairs = order.match(/../g)!;
    for (const pair of pairs) expect(["ab", "ba"]).toContain(pair);
    for (const either of ["ab", "ba"]) expect(pairs.filter(pair => pair === either).length).toBeGreaterThan(rounds / 5);
    orders.push(order);
  }
  expect(orders[0]).toBe(orders[1]!);
});

test("what gets faster as it is compiled is measured when it no longer does", async () => {
  const steps = [6, 5, 4, 3, 2, 1];
  let spentMs = 0;
  let step = 0;
  const steppedAt: number[] = [];
  const compiled = (count: number) => {
    steppedAt.push(step);
    const ms = 0.01 * steps[step]! * count;
    for (const until = performance.now() + ms; performance.now() < until; );
    spentMs += ms;
    step = Math.min(steps.length - 1, Math.floor(spentMs / 40));
  };
  await inRounds({ compiled }, 5);
  expect(steppedAt.slice(-5)).toEqual([5, 5, 5, 5, 5]);
}, 30_000);

test("a quick look has a spread, however few its rounds are", async () => {
  const text = `
    import { inRounds } from ${JSON.stringify(join(root, "perf/run/rounds.ts"))};
    const { one } = await inRounds({ one: count => { for (let i = 0; i < count; i++) Bun.nanoseconds(); } }, 2);
    console.log(one.length);`;
  const child = Bun.spawn([process.execPath, "-e", text], {
    cwd: root,
    env: { ...process.env, PLASMID_PERF_FOLDER: "/", PLASMID_PERF_DISK_FOLDER: "/", PLASMID_PERF_QUICK: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  expect((await child.stdout.text()).trim()).toBe("8");
  expect(await child.exited).toBe(0);
}, 30_000);
