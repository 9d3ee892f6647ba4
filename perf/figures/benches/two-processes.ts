import { type ObjectRef, Store } from "plasmid";
import { withStore } from "../fresh.ts";
import { report } from "../row.ts";
import { kept, sample } from "../sample.ts";

const now = () => performance.timeOrigin + performance.now();

if (process.argv[2] === "put" || process.argv[2] === "get") {
  const [, , what, name, begin] = process.argv as [string, string, string, string, string];
  const store = Store.open(name, { mustExist: true });
  const ref = store.find("small") as ObjectRef;
  const work = (count: number) => {
    if (what === "put") for (let i = 0; i < count; i++) store.put(0);
    else for (let i = 0; i < count; i++) kept.last = store.peek(ref);
  };
  work(300_000);
  while (now() < Number(begin));
  const from = now();
  let done = 0;
  while (now() - from < 1500) {
    work(10_000);
    done += 10_000;
  }
  console.log((done / (now() - from)) * 1e3);
  store.close();
  process.exit(0);
}

await withStore({ capacity: "64MiB" }, async (store, name) => {
  store.put("0123456789", { name: "small", pin: true });
  const together = async (what: string, processes: number) => {
    const begin = String(now() + 1500);
    const children = Array.from({ length: processes }, () =>
      Bun.spawn([process.execPath, import.meta.path, what, name, begin], { stdout: "pipe", stderr: "inherit" }),
    );
    const rates = await Promise.all(children.map(async child => Number(await new Response(child.stdout).text())));
    return rates.reduce((a, b) => a + b, 0);
  };
  for (const [what, goal] of [
    ["get", 1.6],
    ["put", 1.2],
  ] as const) {
    const ones: number[] = [];
    const twos: number[] = [];
    for (let i = 0; i < 5; i++) {
      ones.push(await together(what, 1));
      twos.push(await together(what, 2));
    }
    const ratios = sample(twos.map((two, i) => two / (ones[i] as number)));
    report({
      what: `two processes at once, small ${what}s`,
      measured: `${ratios.p50.toFixed(2)} (${ratios.p10.toFixed(2)} to ${ratios.p90.toFixed(2)}) of one process`,
      beside: `one ${(sample(ones).p50 / 1e6).toFixed(2)} M/s, two together ${(sample(twos).p50 / 1e6).toFixed(2)} M/s`,
      goal: `${goal} times one`,
      reached: ratios.p50 >= goal,
    });
  }
});
