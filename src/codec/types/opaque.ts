import * as c from "../constants.ts";
import type { Encoder } from "../encoder.ts";
import type { Composite, Leaf } from "../extension.ts";
import { OpaqueName, OpaqueValue } from "../opaque.ts";
import { reduced, serialized } from "./custom.ts";
import { instance } from "./instance.ts";

/** Objects of classes that are not known here, as they were read: by extension type. */
const byCode = new Map<number, Composite>(
  [instance as unknown as Composite, reduced, serialized].map(type => [type.code, asRead(type)]),
);

function asRead(type: Composite): Composite {
  return {
    ...type,
    prototypes: [OpaqueValue.prototype],
    owns: (_, key) => typeof key === "string",
    parts: value => (value as OpaqueValue).parts,
  };
}

/** How an OpaqueValue is written. */
export function opaqueType(value: OpaqueValue): Composite {
  return byCode.get(value.type) ?? (instance as unknown as Composite);
}

/** A name that means nothing here. */
export const opaqueName: Leaf<OpaqueName> = {
  kind: "leaf",
  prototypes: [OpaqueName.prototype],
  readers: new Map(),
  owns: (_, key) => typeof key === "string",
  refusal: () => null,

  write(encoder: Encoder, { name, module }: OpaqueName, p: number): number {
    let q = encoder.writeString(name, encoder.writeOpenExtHeader(c.EXT_NAMED, 0, p));
    if (module !== null) q = encoder.writeString(module, q);
    encoder.closeExt(p, q);
    return q;
  },
};
