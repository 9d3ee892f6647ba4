import type { Decoder } from "../decoder.ts";

/** Text is evaluated only for those who asked for it. */
export function refuseCode(decoder: Decoder): void {
  if (decoder.code) return;
  decoder.fail(
    "the message holds code, which is not evaluated unless you allow it: decode(bytes, { code: true }), if you trust its sender",
  );
}
