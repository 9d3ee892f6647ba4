import { Store } from "plasmid";
import { withStore } from "../fresh.ts";
import { report, time } from "../row.ts";
import { sample } from "../sample.ts";

const COUNT = 3000;
// One clock for all processes: since the epoch, in milliseconds with a fraction. Agrees between processes to under a microsecond.
const now = () => performance.timeOrigin + performance.now();

if (process.argv[2] === "loop" || process.argv[2] === "sync") {
  const [, , how, name] = process.argv as [string, string, string, string];
  const store = Store.open(name, { mustExist: true });
  const late: number[] = [];
  for (let i = 0; i < COUNT; i++) {
    const target = `${how}/${i}`;
    const value = (how === "loop" ? await store.get(target) : store.getSync(target)) as Float64Array;
    late.push((now() - (value[0] as number)) * 1e6);
  }
  console.log(JSON.stringify(late.slice(COUNT / 3)));
  store.close();
  process.exit(0);
}

const goals = { loop: 60e3, sync: 15e3 } as const;
await withStore({ capacity: "64MiB" }, async (store, name) => {
  for (const how of ["loop", "sync"] as const) {
    for (const gapUs of [200, 2000]) {
      const child = Bun.spawn([process.execPath, import.meta.path, how, name], { stdout: "pipe", stderr: "inherit" });
      await Bun.sleep(300);
      for (let i = 0; i < COUNT; i++) {
        const draft = store.allocateUnsafe(Float64Array, 1, { name: `${how}/${i}`, pin: true });
        for (const end = now() + gapUs / 1e3; now() < end; );
        draft.view[0] = now();
        draft.seal();
      }
      const late = sample(JSON.parse(await new Response(child.stdout).text()));
      for (let i = 0; i < COUNT; i++) store.free(`${how}/${i}`);
      report({
        what: `seal to ${how === "loop" ? "get" : "getSync"} in another process, every ${gapUs} µs`,
        measured: `${time(late.p50)} (p10 ${time(late.p10)})`,
        beside: `p99 ${time(late.p99)}, max ${time(late.max)}; seal included`,
        goal: `median under ${time(goals[how])}`,
        reached: late.p50 < goals[how],
      });
    }
  }
});
