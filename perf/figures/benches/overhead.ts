import type { ObjectRef } from "plasmid";
import { withStore } from "../fresh.ts";
import { report } from "../row.ts";

const COUNT = 1_000_000;

await withStore({ capacity: "256MiB", maxObjects: 1_100_000 }, store => {
  const before = store.stats();
  const refs: ObjectRef[] = [];
  for (let i = 0; i < COUNT; i += 1000)
    refs.push(
      ...store.putMany(
        Array.from({ length: 1000 }, () => "a string of sixty bytes, give or take, as objects come here"),
      ),
    );
  const after = store.stats();
  const padding = (after.used - before.used - (after.payload - before.payload)) / COUNT;
  const tables = (after.metadata - before.metadata) / COUNT;
  report({
    what: "bytes the store adds to an object, 64 clients",
    measured: `${tables.toFixed(0)} in tables, reserved ahead included`,
    beside: `${padding.toFixed(0)} of padding to 64 bytes; ${refs.length} objects`,
    goal: "at most 192, plus alignment",
    reached: tables <= 192,
  });
});
