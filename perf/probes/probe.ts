import type { decode, encode } from "../../src/codec/index.ts";
import type { Store } from "../../src/index.ts";
import type { Batch } from "../run/slice.ts";

/** A checkout whose code is measured: its own modules, loaded from its own folder. */
export interface Tree {
  readonly Store: typeof Store;
  readonly encode: typeof encode;
  readonly decode: typeof decode;
  /** For its stores; the harness takes it away. */
  readonly directory: string;
}

/** One short thing that can be done over and over in any checkout, so that two of them can be held against each other. */
export interface Probe {
  readonly about: string;
  /** Of a batch's one: for throughput. */
  readonly bytes?: number;
  start(tree: Tree): Started | Promise<Started>;
}

export interface Started {
  batch: Batch;
  /** Afterwards nothing of it is left. */
  end(): void;
}
