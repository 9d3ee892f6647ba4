/** Small gets, and small puts, of two processes at once against one of them alone; beside it what the machine's second core is worth. */
import { endStore, newStore, times } from "../run/bench.ts";
import { nowNs } from "../run/limits.ts";
import { Partner } from "../run/partner.ts";
import { report } from "../run/row.ts";
import { quotients, type Sample, sampleOf } from "../stats/sample.ts";

type What = "get" | "put" | "compute";

const WINDOW_MS = 200;
const store = newStore({ capacity: "64MiB" });
for (let i = 0; i < 1_000; i++) store.put({ id: i, b: "xyz" }, { name: `small/${i}`, pin: true });

/** How often a second they do it when they begin together. */
async function together(partners: readonly Partner[]): Promise<number> {
  const fromNs = nowNs() + 5e6;
  const counts = await Promise.all(partners.map(partner => partner.ask<number>({ fromNs, ms: WINDOW_MS })));
  return (counts.reduce((a, b) => a + b) * 1e3) / WINDOW_MS;
}

/** One alone, each in turn, and both at once, over and over. */
async function measure(what: What): Promise<{ one: number[]; both: number[] }> {
  await using first = new Partner("worker", [what, store.name]);
  await using second = new Partner("worker", [what, store.name]);
  await Promise.all([first.hear(), second.hear()]);
  const one: number[] = [];
  const both: number[] = [];
  for (let i = 0; i < times(20); i++) {
    const alone = (await together([first])) + (await together([second]));
    one.push(alone / 2);
    both.push(await together([first, second]));
  }
  return { one, both };
}

const cores = await measure("compute");
const worth = sampleOf(quotients(cores.both, cores.one));
for (const [what, goal] of [
  ["get", 1.6],
  ["put", 1.2],
] as const) {
  const { one, both } = await measure(what);
  const times: Sample = sampleOf(quotients(both, one));
  const alone = sampleOf(one);
  report({
    what: `small ${what}s of two processes at once`,
    unit: "/s",
    measured: sampleOf(both),
    limit: { what: "one process", measured: alone },
    ratio: times,
    goal: `${goal} times one`,
    reached: times.median >= goal,
  });
}
report({
  what: "  a loop that only computes, so",
  unit: "/s",
  measured: sampleOf(cores.both),
  limit: { what: "one process", measured: sampleOf(cores.one) },
  ratio: worth,
});
endStore(store);
