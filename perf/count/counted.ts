/**
 * How often a probe is done when its instructions are counted, and then twice as often: so often that a collection more or less is no
 * matter, though each instruction takes fifty times as long. `get-refs` is not among them: when the helper thread ends its refs is chance,
 * and the core's part of it differed by 4% on the same code.
 */
export const COUNTED: Readonly<Record<string, number>> = {
  peek: 100_000,
  "peek-name": 100_000,
  "peek-held": 100_000,
  get: 50_000,
  put: 200_000,
  "put-name": 50_000,
  seal: 300,
  wait: 200,
  "encode:a": 20_000,
  "decode:a": 20_000,
  "encode:b": 8,
  "decode:b": 8,
  "encode:c": 8,
  "decode:c": 8,
  "encode:h": 150,
  "decode:h": 150,
  "encode:tree": 30,
  "decode:tree": 30,
};
