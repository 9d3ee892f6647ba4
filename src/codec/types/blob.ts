import * as c from "../constants.ts";
import type { Composite } from "../extension.ts";
import { Refusal } from "../reasons.ts";

/** A Blob or File: its type, name and time of change (nil for a Blob), and its bytes, which were read before. */
export const blob: Composite<Blob> = {
  kind: "composite",
  code: c.EXT_BLOB,
  prototypes: [Blob.prototype, File.prototype],
  pairs: false,
  step: () => "",
  partsToCreate: 4,

  parts(value, encoder) {
    const { blobs } = encoder;
    if (blobs === null)
      throw new Refusal("its bytes take time to read; await encodeAsync() or putAsync(), or its bytes()");
    const isFile = value instanceof File;
    return [value.type, isFile ? value.name : null, isFile ? value.lastModified : null, blobs.bytesOf(value)];
  },

  create([type, name, lastModified, bytes]) {
    if (typeof type !== "string" || !(bytes instanceof Uint8Array)) return null;
    const part = bytes as Uint8Array<ArrayBuffer>;
    if (name === null && lastModified === null) return new Blob([part], { type });
    if (typeof name !== "string" || typeof lastModified !== "number") return null;
    return new File([part], name, { type, lastModified });
  },

  fill: (_, parts) => parts.length === 4,
};
