import * as errors from "../errors.ts";
import { DecodeError, EncodeError } from "./errors.ts";
import { type Callable, register } from "./names.ts";

// The package's own errors have names from the start: a task that fails with one can say so to whoever waits for it.

for (const [name, value] of Object.entries({ ...errors, DecodeError, EncodeError })) {
  if (typeof value === "function" && value.prototype instanceof Error) register(`plasmid.${name}`, value as Callable);
}
