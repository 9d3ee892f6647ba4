/**
 * Milliseconds on a clock that all processes of the machine share, good to a microsecond. Under Bun `process.hrtime` and
 * `Bun.nanoseconds` count from the start of each process, so their readings can't be compared across processes.
 */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
