/**
 * How often a probe is done when its instructions are counted, and then twice as often: so often that all of it is compiled by then,
 * though each instruction takes fifty times as long.
 */
export const COUNTED: Readonly<Record<string, number>> = {
  peek: 100_000,
  "peek-name": 100_000,
  "peek-held": 100_000,
  get: 50_000,
  put: 50_000,
  "put-name": 20_000,
  seal: 10_000,
  "get-refs": 200,
  wait: 200,
  "encode:a": 20_000,
  "decode:a": 20_000,
  "encode:b": 8,
  "decode:b": 8,
  "encode:c": 8,
  "decode:c": 8,
};
