/** A put that has to evict for its room, beside one whose room has just become free; small, and as large as pages. */
import { sizeText } from "../probes/store.ts";
import { endStore, newStore } from "../run/bench.ts";
import { inRounds, perSecond } from "../run/rounds.ts";
import { report } from "../run/row.ts";
import { quotients, sampleOf } from "../stats/sample.ts";

for (const bytes of [64, 65_536]) {
  const value = new Uint8Array(bytes).fill(7);
  const full = newStore({ capacity: "16MiB" });
  const roomy = newStore({ capacity: "16MiB" });
  while (full.stats().evictedTotal === 0) for (let i = 0; i < 1_000; i++) full.put(value);
  const { evicting, freed } = await inRounds({
    evicting: count => {
      for (let i = 0; i < count; i++) full.put(value);
    },
    freed: count => {
      for (let i = 0; i < count; i++) roomy.free(roomy.put(value));
    },
  });
  endStore(full);
  endStore(roomy);
  report({
    what: `put of ${sizeText(bytes)} that evicts`,
    unit: "/s",
    measured: sampleOf(perSecond(evicting)),
    limit: { what: "put where there is room, freed at once", measured: sampleOf(perSecond(freed)) },
    ratio: sampleOf(quotients(freed, evicting)),
  });
}
