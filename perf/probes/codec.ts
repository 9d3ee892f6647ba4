import { do_not_optimize } from "mitata";
import { DATA, type DataSet } from "../codec/data.ts";
import type { Probe } from "./probe.ts";

function encodes({ about, make }: DataSet): Probe {
  return {
    about: `encode ${about}`,
    async start({ encode }) {
      const value = await make();
      return {
        batch(count) {
          for (let i = 0; i < count; i++) do_not_optimize(encode(value));
        },
        end() {},
      };
    },
  };
}

function decodes({ about, make }: DataSet): Probe {
  return {
    about: `decode ${about}`,
    async start({ encode, decode }) {
      const bytes = encode(await make());
      return {
        batch(count) {
          for (let i = 0; i < count; i++) do_not_optimize(decode(bytes));
        },
        end() {},
      };
    },
  };
}

/** The codec's probes: `encode:a`, `decode:a` and so on for each data set. */
export const CODEC: Readonly<Record<string, Probe>> = Object.fromEntries(
  Object.entries(DATA).flatMap(([name, data]) => [
    [`encode:${name}`, encodes(data)],
    [`decode:${name}`, decodes(data)],
  ]),
);
