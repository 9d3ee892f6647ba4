/** Bytes as people say them. */
export function bytesText(bytes: number): string {
  const power = Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${Math.round(bytes / 1024 ** power)} ${["B", "KiB", "MiB", "GiB"][power]}`;
}

/** Nanoseconds in the unit that fits. */
export function nsText(ns: number): string {
  if (ns < 1e3) return `${three(ns)} ns`;
  if (ns < 1e6) return `${three(ns / 1e3)} µs`;
  return ns < 1e9 ? `${three(ns / 1e6)} ms` : `${three(ns / 1e9)} s`;
}

/** Three digits that count. */
export function three(value: number): string {
  return Math.abs(value) >= 1000
    ? Number(value.toPrecision(3)).toLocaleString("en")
    : String(Number(value.toPrecision(3)));
}

/** A share with its sign: `+3.1%`. */
export function shareText(share: number): string {
  return `${share < 0 ? "−" : "+"}${Math.abs(share * 100).toFixed(1)}%`;
}
