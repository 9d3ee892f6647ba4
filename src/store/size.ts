import { InvalidArgumentError } from "../errors.ts";

const UNITS: Record<string, number> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** A number of bytes, or text: `"64MiB"`, `"1.5GB"`, `"4096"`. */
export type Size = number | string;

/**
 * Whole bytes of a size.
 *
 * @throws InvalidArgumentError if it is not a size, or negative.
 */
export function parseSize(size: Size): number {
  if (typeof size === "string") {
    const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*$/i.exec(size);
    const unit = match === null ? undefined : UNITS[match[2]!.toLowerCase()];
    if (match !== null && unit !== undefined) return parseSize(Math.floor(Number(match[1]) * unit));
  } else if (typeof size === "number" && size >= 0 && Number.isSafeInteger(size)) {
    return size;
  }
  throw new InvalidArgumentError(`not a size: ${JSON.stringify(size)}`, {}, 'give bytes or text like "512MiB"');
}

/** Bytes as people read them: `1.5 GiB`. */
export function formatSize(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  let value = bytes;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${at === 0 || Number.isInteger(value) ? value : value.toFixed(1)} ${units[at]}`;
}
