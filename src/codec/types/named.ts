import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import type { Leaf } from "../extension.ts";
import { type Callable, nameOf } from "../names.ts";
import { functionReason } from "../reasons.ts";

/** A class or function that has a name here: the name, and the module's if it is a module's binding. */
export const named: Leaf<Callable> = {
  kind: "leaf",
  prototypes: [],
  readers: new Map([[c.EXT_NAMED, readNamed]]),
  refusal: value => (nameOf(value) === undefined ? functionReason(value) : null),

  write(encoder: Encoder, value: Callable, p: number): number {
    const name = nameOf(value) ?? encoder.refuse(value);
    let q = encoder.writeString(name.name, encoder.writeOpenExtHeader(c.EXT_NAMED, 0, p));
    if (name.module !== null) q = encoder.writeString(name.module, q);
    encoder.closeExt(p, q);
    return q;
  },
};

function readNamed(decoder: Decoder, size: number): unknown {
  const start = decoder.p;
  const slot = decoder.reserve();
  const name = decoder.readKey() ?? decoder.fail("a name is text");
  const module = decoder.p < start + size ? (decoder.readKey() ?? decoder.fail("a module's specifier is text")) : null;
  const value = decoder.resolve({ name, module }, start);
  decoder.settle(slot, value);
  return value;
}
