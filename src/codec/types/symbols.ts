import * as c from "../constants.ts";
import type { Decoder } from "../decoder.ts";
import type { Encoder } from "../encoder.ts";
import type { PayloadReader } from "../extension.ts";

const REGISTERED = 0;
const WELL_KNOWN = 1;

const wellKnown = new Map<string, symbol>();
const wellKnownNames = new Map<symbol, string>();
for (const name of Object.getOwnPropertyNames(Symbol)) {
  const value = (Symbol as unknown as Record<string, unknown>)[name];
  if (typeof value !== "symbol") continue;
  wellKnown.set(name, value);
  wellKnownNames.set(value, name);
}

/** Why a symbol can't be written; null if it can. */
export function symbolReason(value: symbol): string | null {
  if (Symbol.keyFor(value) !== undefined || wellKnownNames.has(value)) return null;
  return "nothing else is equal to it, so it can't leave its process; use Symbol.for(), or a string";
}

/** A registered or well-known symbol: which of the two, and its key or name. */
export function writeSymbol(encoder: Encoder, value: symbol, p: number): number {
  const key = Symbol.keyFor(value);
  const name = key ?? wellKnownNames.get(value);
  if (name === undefined) encoder.refuse(value);
  const q = encoder.writeByte(
    key === undefined ? WELL_KNOWN : REGISTERED,
    encoder.writeOpenExtHeader(c.EXT_SYMBOL, 0, p),
  );
  const end = encoder.writeString(name, q);
  encoder.closeExt(p, end);
  return end;
}

function readSymbol(decoder: Decoder): symbol {
  const start = decoder.p;
  const kind = decoder.readByte();
  if (kind > WELL_KNOWN) decoder.fail(`unknown kind of symbol ${kind}`, start);
  const name = decoder.readKey() ?? decoder.fail("a symbol's name is text");
  if (kind === REGISTERED) return Symbol.for(name);
  return wellKnown.get(name) ?? decoder.fail(`there is no symbol Symbol.${name} here`, start);
}

export const symbolReaders: ReadonlyMap<number, PayloadReader> = new Map([[c.EXT_SYMBOL, readSymbol]]);
